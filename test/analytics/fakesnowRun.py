"""Runs statements under fakesnow, which answers Snowflake SQL by an engine of its own.

Reads a JSON object from stdin: `statements`, each a text, and `query`. Writes the query's rows to
stdout, as a JSON list of objects with lower-case names.
"""

import json
import sys
import warnings

import snowflake.connector

warnings.filterwarnings("ignore")
task = json.load(sys.stdin)
connection = snowflake.connector.connect(database="CUR_REACTOR", schema="CUR")
cursor = connection.cursor(snowflake.connector.cursor.DictCursor)
for statement in task["statements"]:
    cursor.execute(statement)
rows = cursor.execute(task["query"]).fetchall()
json.dump([{name.lower(): value for name, value in row.items()} for row in rows], sys.stdout, default=str)
