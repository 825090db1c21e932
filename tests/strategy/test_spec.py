from __future__ import annotations

from pathlib import Path

import pytest

from macrotrade import Schedule
from macrotrade.errors import SettingsError
from macrotrade.strategy.spec import Strategy, read_strategy

GOOD = """
instruments = ["ZN"]
provider = "autoregression"
rule = "long_short"

[rule_options.long_short]
threshold = 0.1

[schedule]
refit_every = 12
"""


def _written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "some_strategy.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_strategy_file_reads_like_its_description(tmp_path: Path) -> None:
    strategy = read_strategy(_written(tmp_path, GOOD))
    assert strategy.name == "some strategy"
    assert [choice.title for choice in strategy.providers] == ["autoregression"]
    assert strategy.rule("long_short").threshold == 0.1
    assert strategy.schedule == Schedule(refit_every=12)


def test_file_and_python_say_the_same(tmp_path: Path) -> None:
    written = Strategy(
        name="some strategy",
        provider="autoregression",  # type: ignore[call-arg]  # the singular is a convenience of the parser
        instruments=("ZN",),
        rules=("long_short",),
        rule_options={"long_short": {"threshold": 0.1}},
        schedule={"refit_every": 12},
    )
    assert read_strategy(_written(tmp_path, GOOD)) == written


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD.replace("instruments", "instrumnets"), "unknown key 'instrumnets'. Did you mean 'instruments'"),
        (
            GOOD.replace("threshold", "treshold"),
            r"unknown key 'rule_options.long_short.treshold'. Did you mean 'threshold'",
        ),
        (GOOD.replace("refit_every", "refit_evry"), "unknown key 'schedule.refit_evry'. Did you mean 'refit_every'"),
        (
            GOOD.replace('"long_short"', '"long_shrt"'),
            "'long_shrt' is not one of long_flat, long_short. Did you mean 'long_short'",
        ),
        (GOOD.replace('"ZN"', '"ZM"'), "No instrument 'ZM'. Did you mean"),
        (
            GOOD.replace("refit_every = 12", 'decide = "montly"'),
            "schedule.decide = 'montly' is not one of daily, weekly, monthly, quarterly. Did you mean 'monthly'",
        ),
        (GOOD.replace('provider = "autoregression"', ""), "'providers' is missing"),
        (GOOD.replace("= 0.1", "= ["), "is not TOML"),
        (GOOD.replace('rule = "long_short"', 'rule = "long_flat"'), "rule_options for"),
        (GOOD + "\n[portfolio]\ndelay = -1\n", "portfolio.delay: .* greater than or equal to 0"),
        (GOOD + '\n[portfolio]\ncosts = "future"\n', "portfolio.costs = 'future' is not one of futures, none"),
    ],
)
def test_mistakes_are_told_with_the_file_the_key_and_the_nearest_name(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message) as told:
        read_strategy(_written(tmp_path, text))
    assert "some_strategy.toml" in str(told.value)


def test_two_providers_of_one_name_need_labels(tmp_path: Path) -> None:
    text = 'instruments = ["ZN"]\nprovider = ["naive", "naive"]\n'
    with pytest.raises(SettingsError, match="every provider needs a label of its own"):
        read_strategy(_written(tmp_path, text))


def test_a_missing_file_offers_the_ones_that_are_there(tmp_path: Path) -> None:
    _written(tmp_path, GOOD)
    with pytest.raises(SettingsError, match=r"No file .*some_strategi\.toml\. Did you mean .*some_strategy\.toml"):
        read_strategy(tmp_path / "some_strategi.toml")


def test_settings_of_a_provider_are_further_keys(tmp_path: Path) -> None:
    text = 'instruments = ["ZN"]\n[[provider]]\nname = "autoregression"\nlabel = "AR(3)"\nn_lags = 3\n'
    choice = read_strategy(_written(tmp_path, text)).providers[0]
    assert (choice.title, choice.settings) == ("AR(3)", {"n_lags": 3})


def test_a_setting_the_provider_does_not_have_is_refused_when_it_is_loaded(tmp_path: Path) -> None:
    text = 'instruments = ["ZN"]\n[[provider]]\nname = "autoregression"\nn_lag = 3\n'
    with pytest.raises(SettingsError, match=r"n_lag.*Did you mean 'n_lags'"):
        read_strategy(_written(tmp_path, text)).providers[0].load()


def test_a_date_of_toml_is_a_date_and_other_orders_are_refused(tmp_path: Path) -> None:
    assert read_strategy(_written(tmp_path, "start = 2000-01-31\n" + GOOD)).start == "2000-01-31"
    for words in ("31/01/2000", "01/02/2005", "2000-02-31"):
        with pytest.raises(SettingsError, match=r"start: .*(is no date; write YYYY-MM-DD|is not in the calendar)"):
            read_strategy(_written(tmp_path, f'start = "{words}"\n' + GOOD))


def test_a_volatility_in_per_cent_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"volatility_target: .* less than or equal to 2"):
        read_strategy(_written(tmp_path, GOOD + "\n[portfolio]\nvolatility_target = 10\n"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD.replace('provider = "autoregression"', 'provider = ["naive", { name = "bma", nests = { a = 1 } }]'),
         r"providers\.2\.nests: should be a list \(got"),
        (GOOD.replace('["ZN"]', "{ a = 1 }"), r"instruments: should be a list"),
    ],
)  # fmt: skip
def test_places_in_a_list_are_counted_from_one_and_lists_are_called_lists(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(SettingsError, match=message) as told:
        read_strategy(_written(tmp_path, text))
    assert "tuple" not in str(told.value)


def test_one_value_where_a_list_is_meant_is_a_list_of_one(tmp_path: Path) -> None:
    one = (
        'instruments = "ZN"\nhorizons = 2\n[[provider]]\nname = "naive"\n[[provider]]\nname = "bma"\nnests = "naive"\n'
    )

    found = read_strategy(_written(tmp_path, one))

    assert (found.instruments, found.horizons, found.providers[1].nests) == (("ZN",), (2,), ("naive",))


def test_a_mistake_in_python_is_told_as_in_a_file() -> None:
    with pytest.raises(SettingsError, match=r"providers\.1: should be a provider's name, 'module:Class', or a table"):
        Strategy(provider=object, instruments="ZN")  # type: ignore[call-arg]
    with pytest.raises(SettingsError, match=r"No instrument 'ZM'\. Did you mean 'ZT'"):
        Strategy(provider="naive", instruments="ZM")  # type: ignore[call-arg]
