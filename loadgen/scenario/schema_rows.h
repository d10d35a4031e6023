/* The sections of the option table, each in a file of its own.  Only schema*.c include this. */
#ifndef LG_SCENARIO_SCHEMA_ROWS_H
#define LG_SCENARIO_SCHEMA_ROWS_H

#include "scenario/schema.h"

extern const struct lg_section_info lg_section_scenario, lg_section_users, lg_section_step,
    lg_section_data, lg_section_deliveries, lg_section_objectives, lg_section_target;

#endif
