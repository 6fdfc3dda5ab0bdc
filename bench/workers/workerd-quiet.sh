#!/bin/sh
# workerd without its output: reading the log lines would take the time of the program that measures.
exec "$EDGEKEEP_WORKERD" "$@" >/dev/null 2>&1
