#include "measure/record_fields.h"

const struct lg_record_percentile lg_record_percentiles[LG_RECORD_PERCENTILES] = {
    {"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p999", 0.999}, {"p9999", 0.9999},
};

static const struct lg_field target_fields[] = {
    FIELD(TEXT, "name", lg_target_result, name),
    FIELD(TEXT, "label", lg_target_result, label),
    FIELD(TEXT, "url", lg_target_result, url),
    COUNTED(PAIRS, "versions", lg_target_result, versions, version_count),
    ROWS("trials", lg_target_result, trials, trial_count, lg_trial_shape),
};
static const struct lg_shape target_shape = SHAPE(lg_target_result, target_fields);

static const struct lg_field comparison_fields[] = {
    FIELD(TEXT, "metric", lg_comparison, metric),
    FIELD(TEXT, "a", lg_comparison, a),
    FIELD(TEXT, "b", lg_comparison, b),
    FIELD(REAL, "value_a", lg_comparison, value_a),
    FIELD(REAL, "value_b", lg_comparison, value_b),
    FIELD(TEXT, "unit", lg_comparison, unit),
    FIELD(REAL, "ratio", lg_comparison, ratio),
    COUNTED(INTERVAL, "ci95", lg_comparison, low, high),
    FIELD(TEXT, "verdict", lg_comparison, verdict),
    FIELD(DIFFERENCE, "difference", lg_comparison, difference),
    FIELD(SMALL_COUNT, "trials", lg_comparison, trials),
    FIELD(MAYBE, "a12", lg_comparison, a12),
};
static const struct lg_shape comparison_shape = SHAPE(lg_comparison, comparison_fields);

static const struct lg_field objective_fields[] = {
    FIELD(TEXT, "text", lg_objective_result, text),
    FIELD(TEXT, "target", lg_objective_result, target),
    FIELD(TEXT, "observed", lg_objective_result, observed),
    FIELD(STATE, "met", lg_objective_result, state),
    FIELD(TEXT, "file", lg_objective_result, file),
    FIELD(SMALL_COUNT, "line", lg_objective_result, line),
};
static const struct lg_shape objective_shape = SHAPE(lg_objective_result, objective_fields);

static const struct lg_field evidence_fields[] = {
    FIELD(TEXT, "figure", lg_claim_evidence, figure),
    FIELD(TEXT, "a", lg_claim_evidence, a),
    FIELD(TEXT, "b", lg_claim_evidence, b),
    FIELD(REAL, "value", lg_claim_evidence, value),
    COUNTED(INTERVAL, "ci95", lg_claim_evidence, low, high),
    FIELD(TEXT, "finding", lg_claim_evidence, finding),
};
static const struct lg_shape evidence_shape = SHAPE(lg_claim_evidence, evidence_fields);

static const struct lg_field claim_fields[] = {
    FIELD(SMALL_COUNT, "number", lg_claim_result, number),
    FIELD(TEXT, "id", lg_claim_result, id),
    FIELD(TEXT, "made", lg_claim_result, made),
    FIELD(TEXT, "verdict", lg_claim_result, verdict),
    FIELD(TEXT, "text", lg_claim_result, text),
    FIELD(TEXT, "scope", lg_claim_result, scope),
    ROWS("evidence", lg_claim_result, evidence, evidence_count, evidence_shape),
};
static const struct lg_shape claim_shape = SHAPE(lg_claim_result, claim_fields);

static const struct lg_field setting_fields[] = {
    FIELD(TEXT, "section", lg_setting_result, section),
    FIELD(TEXT, "key", lg_setting_result, key),
    FIELD(TEXT, "value", lg_setting_result, value),
    FIELD(FLAG, "is_default", lg_setting_result, is_default),
};
static const struct lg_shape setting_shape = SHAPE(lg_setting_result, setting_fields);

static json_t *scenario_hash(const void *row)
{
    char text[LG_SCENARIO_HASH];
    lg_scenario_hash(row, text);
    return json_string(text);
}

static const struct lg_field scenario_fields[] = {
    FIELD(TEXT, "name", lg_record, name),
    FIELD(TEXT, "file", lg_record, file),
    FIELD(TEXT, "question", lg_record, question),
    FIELD(TEXT, "claim", lg_record, claim),
    FIELD(TEXT, "source", lg_record, source),
    ROWS("resolved", lg_record, settings, setting_count, setting_shape),
    DERIVED("hash", scenario_hash),
};
static const struct lg_shape scenario_shape = SHAPE(lg_record, scenario_fields);

static const struct lg_field environment_fields[] = {
    FIELD(TEXT, "cpu", lg_environment, cpu),
    FIELD(TEXT, "kernel", lg_environment, kernel),
    FIELD(TEXT, "os", lg_environment, os),
    FIELD(TEXT, "governor", lg_environment, governor),
    FIELD(SMALL_COUNT, "cores", lg_environment, cores),
    FIELD(COUNT, "memory_bytes", lg_environment, memory_bytes),
    FIELD(COUNT, "open_files_limit", lg_environment, open_files_limit),
    FIELD(COUNT, "processes_limit", lg_environment, processes_limit),
    FIELD(TEXT, "commit", lg_environment, commit),
    COUNTED(PAIRS, "versions", lg_environment, versions, version_count),
};
static const struct lg_shape environment_shape = SHAPE(lg_environment, environment_fields);

static const struct lg_field record_fields[] = {
    {.key = "schema", .kind = LG_FIELD_SCHEMA},
    FIELD(TEXT, "headline", lg_record, headline),
    FIELD(FLAG, "valid", lg_record, valid),
    COUNTED(TEXTS, "invalid_reasons", lg_record, invalid_reasons, invalid_count),
    FIELD(FLAG, "interrupted", lg_record, interrupted),
    FIELD(FLAG, "quick", lg_record, quick),
    COUNTED(TEXTS, "notes", lg_record, notes, note_count),
    FIELD(TEXT, "started_at", lg_record, started_at),
    FIELD(SEED, "seed", lg_record, seed),
    FIELD(TEXT, "command", lg_record, command),
    ROWS("objectives", lg_record, objectives, objective_count, objective_shape),
    ROWS("comparison", lg_record, comparisons, comparison_count, comparison_shape),
    ROWS("claims", lg_record, claims, claim_count, claim_shape),
    GROUP("scenario", scenario_shape),
    INLINE("environment", lg_record, environment, environment_shape),
    ROWS("targets", lg_record, targets, target_count, target_shape),
};
const struct lg_shape lg_record_shape = SHAPE(lg_record, record_fields);
