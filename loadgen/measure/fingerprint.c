#include "measure/record.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

/* A record's text may be missing. */
static const char *text_of(const char *text)
{
    return text != NULL ? text : "";
}

static bool begins(const char *text, const char *word)
{
    return strncmp(text, word, strlen(word)) == 0;
}

bool lg_setting_shapes_load(const struct lg_setting_result *setting)
{
    static const char *const others[] = {"name", "claim", "trials", "targets"};
    const char *section = text_of(setting->section), *key = text_of(setting->key);
    if (strcmp(section, "objectives") == 0 || begins(section, "target ")) {
        return false;
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (strcmp(section, "scenario") == 0 && strcmp(key, others[i]) == 0) {
            return false;
        }
    }
    return true;
}

/* Rows of one section and key stay in their order: checks and stages are lists. */
static int compare_rows(const void *left, const void *right)
{
    const struct lg_setting_result *a = *(const struct lg_setting_result *const *)left;
    const struct lg_setting_result *b = *(const struct lg_setting_result *const *)right;
    int by = strcmp(text_of(a->section), text_of(b->section));
    by = by != 0 ? by : strcmp(text_of(a->key), text_of(b->key));
    return by != 0 ? by : (a > b) - (a < b);
}

/* With its end, so that no two lists of texts make the same bytes. */
static void digest_text(EVP_MD_CTX *digest, const char *text)
{
    EVP_DigestUpdate(digest, text_of(text), strlen(text_of(text)) + 1);
}

static void digest_settings(const struct lg_record *record, EVP_MD_CTX *digest)
{
    const struct lg_setting_result **rows = lg_alloc_array(record->setting_count + 1, sizeof *rows);
    size_t count = 0;
    for (size_t i = 0; i < record->setting_count; i++) {
        if (lg_setting_shapes_load(&record->settings[i])) {
            rows[count++] = &record->settings[i];
        }
    }
    qsort(rows, count, sizeof *rows, compare_rows);
    for (size_t i = 0; i < count; i++) {
        digest_text(digest, rows[i]->section);
        digest_text(digest, rows[i]->key);
        digest_text(digest, rows[i]->value);
    }
    free(rows);
}

void lg_scenario_hash(const struct lg_record *record, char out[LG_SCENARIO_HASH])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned bytes = 0;
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    bool ready = digest != NULL && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1;
    LG_ASSERT(ready);
    digest_settings(record, digest);
    EVP_DigestFinal_ex(digest, hash, &bytes);
    EVP_MD_CTX_free(digest);
    for (unsigned i = 0; i < bytes; i++) {
        snprintf(out + 2 * i, 3, "%02x", hash[i]);
    }
}
