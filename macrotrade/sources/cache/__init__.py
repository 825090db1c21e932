"""The local cache of live data: whole tables or none, whoever writes and whatever fails.

A folder holds one Parquet file for each table and one manifest. A table's file never changes: new content is a new
file, written beside the old one and forced to the disk; the manifest, replaced by a rename, then says which file is
meant. So a reader needs no lock, and a run that is killed, a full disk or a power cut leaves the tables of the manifest
as they were. What the manifest does not name is ignored, and swept by ``macrotrade data prune``.

``folder`` says where, ``manifest`` what is there, ``table_file`` how a table lies on disk, ``lock`` who may write,
``store`` reads and writes, ``upkeep`` checks, mends and prunes, ``plan`` says what to keep, ``update`` brings it up to
date, ``live`` makes the History.
"""
