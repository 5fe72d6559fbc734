"""Runs statements under fakesnow, which answers Snowflake SQL by an engine of its own.

Reads a JSON object from stdin: `statements`, each a text, and `queries`, texts by name. Writes the
rows of each query to stdout, by its name, as JSON lists of objects with lower-case names.
"""

import json
import sys
import warnings

import snowflake.connector

warnings.filterwarnings("ignore")
task = json.load(sys.stdin)
connection = snowflake.connector.connect(database="CUR_REACTOR", schema="CUR")
cursor = connection.cursor(snowflake.connector.cursor.DictCursor)


def run(statement):
    try:
        return cursor.execute(statement)
    except Exception as error:
        raise RuntimeError(f"{error}\nin: {statement}") from error


def rows_of(query):
    return [{name.lower(): value for name, value in row.items()} for row in run(query).fetchall()]


for statement in task["statements"]:
    run(statement)
answers = {name: rows_of(query) for name, query in task["queries"].items()}
json.dump(answers, sys.stdout, default=str)
