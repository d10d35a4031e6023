#include "scenario/debate.h"

static const char *rule_text(enum lg_debate_rule rule)
{
    static const char *const texts[] = {
#define X(name, text) text,
        LG_DEBATE_RULE_MAP(X)
#undef X
    };
    return texts[rule];
}

static const char *figure_text(enum lg_debate_figure figure)
{
    static const char *const texts[] = {
#define X(name, text) text,
        LG_DEBATE_FIGURE_MAP(X)
#undef X
    };
    return texts[figure];
}

enum lg_debate_judge_by lg_debate_by(enum lg_debate_rule rule)
{
    switch (rule) {
    case LG_DEBATE_HIGH_LOAD:
    case LG_DEBATE_SCALES:
    case LG_DEBATE_SCALES_BETTER:
        return LG_DEBATE_BY_CAPACITY;
    case LG_DEBATE_COUNT:
    case LG_DEBATE_NESTED:
        return LG_DEBATE_BY_COUNT;
    default:
        return LG_DEBATE_BY_RUN;
    }
}

bool lg_debate_has(struct lg_slice id)
{
    size_t count = 0;
    const struct lg_debate_claim *claims = lg_debate_claims(&count);
    for (size_t i = 0; i < count; i++) {
        if (lg_slice_eq(id, lg_str(claims[i].id))) {
            return true;
        }
    }
    return false;
}

/* Is the word one of a list's, which blanks or commas part? */
static bool is_listed(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = list; at != NULL && *at != '\0';) {
        at += strspn(at, " ,");
        size_t length = strcspn(at, " ,");
        if (n > 0 && length == n && memcmp(at, word, n) == 0) {
            return true;
        }
        at += length;
    }
    return false;
}

bool lg_debate_tests(const struct lg_debate_claim *claim, const char *scenario)
{
    return is_listed(claim->scenarios, scenario);
}

const char *lg_debate_better_lane(const char *scenario)
{
    /* Rooms without Channels' consumers and layer; answers in threads, where none waits for
     * another server or takes an open stream. */
    static const struct {
        const char *scenarios, *lane;
    } better[] = {
        {"chat collab game", "django-direct"},
        {"http spa feed shop iot memory cpu-bound cpu-speed smooth framework startup image ocr ml "
         "data numbers",
         "django-wsgi"},
        {"mobile", "django-wsgi-nginx"},
    };
    for (size_t i = 0; i < sizeof better / sizeof *better; i++) {
        if (is_listed(better[i].scenarios, scenario)) {
            return better[i].lane;
        }
    }
    return NULL;
}

bool lg_debate_among(const struct lg_debate_claim *claim, const char *ids)
{
    return is_listed(ids, claim->id);
}

static void add_figures(const struct lg_debate_claim *c, struct lg_buf *out)
{
    for (size_t i = 0; i < LG_DEBATE_MOST_FIGURES && c->figures[i] != LG_DEBATE_NONE; i++) {
        if (i > 0 && c->figures[i] == c->figures[i - 1]) {
            continue; /* as a level and as a comparison */
        }
        lg_buf_addf(out, "%s%s", i > 0 ? "; " : "       figures: ", figure_text(c->figures[i]));
    }
    lg_buf_adds(out, c->figures[0] != LG_DEBATE_NONE ? "\n" : "");
}

static void add_command(const struct lg_debate_claim *c, struct lg_buf *out)
{
    if (lg_debate_by(c->rule) == LG_DEBATE_BY_COUNT) {
        lg_buf_adds(out, "       judged by scripts/count-code, without a run\n");
    } else if (lg_debate_by(c->rule) == LG_DEBATE_BY_CAPACITY) {
        lg_buf_addf(out, "       judged by loadgen capacity with that scenario%s\n",
                    c->rule == LG_DEBATE_HIGH_LOAD ? " and --overload 2" : "");
    } else if (c->capacity) {
        lg_buf_adds(out, "       loadgen capacity with that scenario: supported if its capacity is "
                         "greater by more than 5 %, whichever end of both brackets; refuted if it "
                         "is less by more, or within 5 %\n");
    }
}

static void add_limits(const struct lg_debate_claim *c, struct lg_buf *out)
{
    bool two = c->rule == LG_DEBATE_BELOW || c->rule == LG_DEBATE_ABOVE ||
               (c->rule == LG_DEBATE_WITHIN && c->figures[1] != LG_DEBATE_NONE);
    if (two) {
        lg_buf_addf(out, "       limits: %g and %g\n", c->limits[0], c->limits[1]);
    } else if (c->rule == LG_DEBATE_WITHIN || c->rule == LG_DEBATE_WITHIN_BETTER) {
        lg_buf_addf(out, "       limit: %g\n", c->limits[0]);
    }
}

static void add_claim(const struct lg_debate_claim *c, struct lg_buf *out)
{
    const char *side = c->lanes[0] != NULL         ? c->lanes[c->side]
                       : c->side == LG_DEBATE_NODE ? "Node"
                                                   : "Django";
    bool run = c->scenarios != NULL;
    lg_buf_addf(out, "  %3u  \"%s\"\n       claim = %s%s%s\n", c->number, c->made, c->id,
                run ? "; scenarios: " : "", run ? c->scenarios : "");
    add_command(c, out);
    add_figures(c, out);
    lg_buf_addf(out, "       supported if, for %s: %s\n", side, rule_text(c->rule));
    add_limits(c, out);
    if (c->each_step) {
        lg_buf_adds(out, "       and a verdict for each step by itself\n");
    }
    if (c->cores > 0) {
        lg_buf_addf(out, "       needs %u cores\n", c->cores);
    }
    if (c->fair != NULL) {
        lg_buf_addf(out, "       fair: %s\n", c->fair);
    }
    if (c->caveat != NULL) {
        lg_buf_addf(out, "       caveat: %s\n", c->caveat);
    }
    if (c->run_caveat != NULL) {
        lg_buf_addf(out, "       caveat of a run: %s\n", c->run_caveat);
    }
}

static const char head[] =
    "What is said about Node.js and Python for servers, as it is said, and what decides it.\n"
    "[scenario] claim = ID has a run judge the claims of that id which name the scenario.\n"
    "\n"
    "Better: the 95 % interval of the ratio over the trials lies wholly beyond 1.05 in favour;\n"
    "worse: wholly beyond 1.05 against; the same: wholly inside +-5 %. Anything else is\n"
    "inconclusive. Each lane of one side is held against each of the other; where they disagree,\n"
    "it depends on the server. At least 5 trials of each, every one valid, and none of a --quick\n"
    "run; a broken invariant voids it: a missed objective on errors, or on what is lost, missing,\n"
    "duplicated or reordered, and each failed check of what is oversold or a mismatch.\n"
    "A verdict is about these servers on this contract, never about the languages. What is said\n"
    "of Python must hold against its better lane: without django-direct (sockets of chat, collab,\n"
    "game) or django-wsgi (answers that wait for no other server, and no streams) a run of such a\n"
    "scenario judges nothing.\n"
    "\n";

void lg_debate_explain(struct lg_buf *out)
{
    size_t count = 0;
    const struct lg_debate_claim *claims = lg_debate_claims(&count);
    lg_buf_adds(out, head);
    for (size_t i = 0; i < count; i++) {
        add_claim(&claims[i], out);
    }
    const struct lg_debate_out *outs = lg_debate_outs(&count);
    lg_buf_adds(out, "\nArgued out, as nothing that a server does can decide it:\n");
    for (size_t i = 0; i < count; i++) {
        lg_buf_addf(out, "  \"%s\"\n       %s\n", outs[i].made, outs[i].why);
    }
}
