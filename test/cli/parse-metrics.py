# What Prometheus' own parsers read from stdin, as JSON; they refuse what the formats do not allow.
#   parse-metrics.py { openmetrics | text }
import json
import sys

from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics

parse = {"openmetrics": openmetrics, "text": parser}[sys.argv[1]].text_string_to_metric_families
json.dump(
    [
        {
            "name": family.name,
            "type": family.type,
            "unit": family.unit,
            "help": family.documentation,
            "samples": [[s.name, s.labels, s.value] for s in family.samples],
        }
        for family in parse(sys.stdin.read())
    ],
    sys.stdout,
)
