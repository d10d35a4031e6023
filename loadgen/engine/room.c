#include "engine/room.h"

#include <stdlib.h>

enum {
    MEMBER_BITS = 22, /* a room has fewer members than 2^22, and a trial fewer messages than 2^42 */
    MEMBER_MASK = (1 << MEMBER_BITS) - 1,
    MISSED_MOST = 1 << 20, /* 8 MiB a room */
};

struct note { /* one message under way */
    lg_ns sent, first, last;
    struct lg_recorder *recorder;
    uint64_t sender;    /* which stay of which member: see struct place */
    uint32_t remaining; /* members who have yet to hear it */
    bool complete;      /* no member has lost it */
    bool voided;        /* it was never sent */
};

/* A member's stay, from joining to leaving; the place is reused afterwards, the stay is not. */
struct place {
    struct lg_vu *vu; /* borrowed; NULL: free */
    uint64_t stay;
    uint64_t since;   /* the member is expected to hear this message and all later ones */
    uint64_t highest; /* newest index heard, plus one; 0: none */
};

struct lg_room {
    struct lg_room *next;
    struct lg_worker *worker; /* borrowed */
    char *group;              /* owned */
    uint32_t number;
    struct place *places; /* owned */
    uint64_t *confirmed;  /* owned bit set of the places taken */
    uint32_t member_count, member_cap;
    uint64_t stays;
    /* Messages [first, next) under way, in a ring of `cap` (a power of two). */
    struct note *notes;
    uint64_t *pending; /* bit sets per message: cap * words */
    uint64_t first, next_index;
    size_t cap, words;
    /* Deliveries counted as lost, as a hash set of key(): one may still come, but is no duplicate.
     * Of those that left and of messages before `forgotten` nothing is kept. */
    uint64_t *missed; /* owned; 0: free */
    size_t missed_count, missed_cap;
    uint64_t forgotten;
};

static struct note *note_of(struct lg_room *room, uint64_t index)
{
    return &room->notes[index & (room->cap - 1)];
}

/* Who has yet to hear it. */
static uint64_t *pending_of(const struct lg_room *room, uint64_t index)
{
    return room->pending + (index & (room->cap - 1)) * room->words;
}

static bool bit(const uint64_t *set, uint32_t i)
{
    return set[i / 64] >> (i % 64) & 1;
}

static void set_bit(uint64_t *set, uint32_t i)
{
    set[i / 64] |= (uint64_t)1 << (i % 64);
}

static void clear_bit(uint64_t *set, uint32_t i)
{
    set[i / 64] &= ~((uint64_t)1 << (i % 64));
}

struct lg_room *lg_room_of(struct lg_worker *worker, struct lg_slice group)
{
    for (struct lg_room *room = worker->rooms; room != NULL; room = room->next) {
        if (lg_slice_eq(lg_str(room->group), group)) {
            return room;
        }
    }
    struct lg_room *room = lg_alloc(sizeof *room);
    room->worker = worker;
    room->group = lg_strndup(group.p, group.n);
    room->number = worker->room_count++ * worker->shared->workers + worker->index;
    room->next = worker->rooms;
    worker->rooms = room;
    return room;
}

static void free_room(struct lg_room *room)
{
    free(room->group);
    free(room->places);
    free(room->confirmed);
    free(room->notes);
    free(room->pending);
    free(room->missed);
    free(room);
}

void lg_rooms_free(struct lg_worker *worker)
{
    while (worker->rooms != NULL) {
        struct lg_room *next = worker->rooms->next;
        free_room(worker->rooms);
        worker->rooms = next;
    }
}

uint32_t lg_room_number(const struct lg_room *room)
{
    return room->number;
}

/* Moves the messages under way into a ring of `cap` with `words` words of members each. */
static void resize(struct lg_room *room, size_t cap, size_t words)
{
    struct note *notes = lg_alloc_array(cap, sizeof *notes);
    uint64_t *pending = lg_alloc_array(cap * words, sizeof *pending);
    for (uint64_t i = room->first; i < room->next_index; i++) {
        size_t at = i & (cap - 1);
        notes[at] = *note_of(room, i);
        memcpy(pending + at * words, pending_of(room, i), room->words * 8);
    }
    free(room->notes);
    free(room->pending);
    room->notes = notes;
    room->pending = pending;
    room->cap = cap;
    room->words = words;
}

static void grow_members(struct lg_room *room)
{
    uint32_t cap = room->member_cap > 0 ? 2 * room->member_cap : 64;
    size_t words = cap / 64;
    room->places = lg_grow(room->places, cap, sizeof *room->places);
    room->confirmed = lg_grow(room->confirmed, words, sizeof *room->confirmed);
    memset(room->places + room->member_cap, 0, (cap - room->member_cap) * sizeof *room->places);
    memset(room->confirmed + room->words, 0, (words - room->words) * 8);
    room->member_cap = cap;
    resize(room, room->cap > 0 ? room->cap : 16, words);
}

static uint32_t free_place(struct lg_room *room)
{
    if (room->member_count == room->member_cap) {
        grow_members(room);
    }
    /* Places are taken in order until someone leaves, so this is short. */
    uint32_t i = room->member_count;
    while (room->places[i % room->member_cap].vu != NULL) {
        i++;
    }
    return i % room->member_cap;
}

void lg_room_join(struct lg_room *room, struct lg_vu *vu)
{
    uint32_t place = free_place(room);
    room->places[place] =
        (struct place){.vu = vu, .stay = ++room->stays, .since = room->next_index};
    room->member_count++;
    set_bit(room->confirmed, place);
    vu->room = room;
    vu->member = place;
}

static void settle_complete(struct lg_room *room, struct note *n)
{
    if (n->complete && n->first != 0) {
        lg_hist_add(lg_deliveries_hist(n->recorder, 0, LG_DELIVERIES_SPREAD), n->last - n->first);
    }
    n->recorder->open--;
    n->recorder = NULL;
    while (room->first < room->next_index && note_of(room, room->first)->recorder == NULL) {
        room->first++;
    }
}

/* Never 0. */
static uint64_t missed_key(uint64_t index, uint32_t member)
{
    return (index << MEMBER_BITS | member) + 1;
}

static uint64_t *missed_slot(const struct lg_room *room, uint64_t key)
{
    size_t i = (size_t)(key * 0x9e3779b97f4a7c15u >> 20);
    while (room->missed[i & (room->missed_cap - 1)] != 0 &&
           room->missed[i & (room->missed_cap - 1)] != key) {
        i++;
    }
    return &room->missed[i & (room->missed_cap - 1)];
}

/* Can a late delivery of it still be told from a second one? */
static bool is_remembered(const struct lg_room *room, uint64_t key)
{
    uint64_t index = (key - 1) >> MEMBER_BITS;
    return index >= room->forgotten && index >= room->places[(key - 1) & MEMBER_MASK].since;
}

/* A server that loses half of everything must not fill the memory: of a full set the older half of
 * the messages goes.  Their deliveries are long overdue. */
static void forget(struct lg_room *room)
{
    uint64_t oldest = room->next_index;
    for (size_t i = 0; i < room->missed_cap; i++) {
        uint64_t key = room->missed[i];
        if (key != 0 && is_remembered(room, key) && (key - 1) >> MEMBER_BITS < oldest) {
            oldest = (key - 1) >> MEMBER_BITS;
        }
    }
    room->forgotten = oldest + (room->next_index - oldest + 1) / 2;
}

static void rebuild_missed(struct lg_room *room)
{
    uint64_t *old = room->missed;
    size_t old_cap = room->missed_cap;
    if (old_cap == MISSED_MOST) {
        forget(room);
    }
    room->missed_cap = old_cap == 0 ? 256 : old_cap < MISSED_MOST ? 2 * old_cap : old_cap;
    room->missed = lg_alloc_array(room->missed_cap, sizeof *room->missed);
    room->missed_count = 0;
    for (size_t i = 0; i < old_cap; i++) {
        if (old[i] != 0 && is_remembered(room, old[i])) {
            *missed_slot(room, old[i]) = old[i];
            room->missed_count++;
        }
    }
    free(old);
}

static void note_missed(struct lg_room *room, uint64_t index, uint32_t member)
{
    if (2 * (room->missed_count + 1) > room->missed_cap) {
        rebuild_missed(room);
    }
    *missed_slot(room, missed_key(index, member)) = missed_key(index, member);
    room->missed_count++;
}

static bool was_missed(const struct lg_room *room, uint64_t index, uint32_t member)
{
    return room->missed_count > 0 && *missed_slot(room, missed_key(index, member)) != 0;
}

static void lose(struct lg_room *room, uint64_t index, uint32_t member)
{
    struct note *n = note_of(room, index);
    clear_bit(pending_of(room, index), member);
    lg_deliveries_counts(n->recorder, 0)[LG_DELIVERIES_LOST]++;
    n->complete = false;
    n->remaining--;
    note_missed(room, index, member);
}

void lg_room_leave(struct lg_room *room, struct lg_vu *vu)
{
    uint32_t place = vu->member;
    uint64_t end = room->next_index;
    for (uint64_t i = room->first; i < end; i++) {
        if (note_of(room, i)->recorder != NULL && bit(pending_of(room, i), place)) {
            lose(room, i, place);
            if (note_of(room, i)->remaining == 0) {
                settle_complete(room, note_of(room, i));
            }
        }
    }
    clear_bit(room->confirmed, place);
    room->places[place].vu = NULL;
    room->member_count--;
    vu->room = NULL;
}

uint64_t lg_room_send(struct lg_room *room, struct lg_vu *vu, struct lg_recorder *recorder,
                      lg_ns now)
{
    if (room->next_index - room->first == room->cap) {
        resize(room, 2 * room->cap, room->words);
    }
    uint64_t index = room->next_index++;
    struct note *n = note_of(room, index);
    *n = (struct note){.sent = now, .recorder = recorder, .complete = true};
    n->sender = room->places[vu->member].stay;
    n->remaining = room->member_count;
    memcpy(pending_of(room, index), room->confirmed, room->words * 8);
    uint64_t *counts = lg_deliveries_counts(recorder, 0);
    counts[LG_DELIVERIES_MESSAGES]++;
    counts[LG_DELIVERIES_EXPECTED] += n->remaining;
    recorder->open++;
    if (n->remaining == 0) {
        settle_complete(room, n); /* nobody listens */
    }
    return index;
}

void lg_room_void(struct lg_room *room, uint64_t index)
{
    struct note *n = note_of(room, index);
    if (index < room->first || n->recorder == NULL) {
        return;
    }
    uint64_t *counts = lg_deliveries_counts(n->recorder, 0);
    counts[LG_DELIVERIES_MESSAGES]--;
    counts[LG_DELIVERIES_EXPECTED] -= n->remaining;
    memset(pending_of(room, index), 0, room->words * 8);
    n->remaining = 0;
    n->voided = true;
    settle_complete(room, n);
}

/* "TAG-ROOM-INDEX" with its quotes; false: not an id of this trial and room. */
static bool read_id(const struct lg_room *room, struct lg_slice id, uint64_t *index)
{
    const char *tag = room->worker->program->tag;
    size_t tag_length = room->worker->program->tag_length, i = 1 + tag_length + 1;
    uint64_t number[2] = {0, 0};
    int part = 0, digits = 0;
    if (id.n < tag_length + 6 || id.n > 64 || memcmp(id.p + 1, tag, tag_length) != 0 ||
        id.p[1 + tag_length] != '-') {
        return false;
    }
    for (; i < id.n - 1; i++) {
        unsigned digit = (unsigned)(id.p[i] - '0');
        if (digit > 9) {
            if (id.p[i] != '-' || part == 1 || digits == 0) {
                return false;
            }
            part = 1;
            digits = 0;
        } else if (++digits > 18) {
            return false;
        } else {
            number[part] = number[part] * 10 + digit;
        }
    }
    *index = number[1];
    return part == 1 && digits > 0 && number[0] == room->number;
}

/* Has the member heard a later message of the same sender?  Looks only at messages that overtook;
 * one of them that is not pending was heard, because what is lost is lost in the order of sending.
 */
static bool overtaken(struct lg_room *room, uint64_t index, uint32_t member)
{
    uint64_t sender = note_of(room, index)->sender;
    for (uint64_t i = index + 1; i < room->places[member].highest; i++) {
        const struct note *n = note_of(room, i);
        if (n->sender == sender && !n->voided && !bit(pending_of(room, i), member)) {
            return true;
        }
    }
    return false;
}

/* A message that is not under way any more, or that this member has heard or need not hear. */
static void hear_other(struct lg_room *room, uint64_t index, uint32_t member, lg_ns now)
{
    bool under_way = index >= room->first && index < room->next_index;
    uint64_t *counts = lg_deliveries_counts(lg_worker_recorder(room->worker, now), 0);
    if (under_way && note_of(room, index)->recorder != NULL) {
        counts = lg_deliveries_counts(note_of(room, index)->recorder, 0);
    }
    bool known = index >= room->places[member].since && index < room->next_index &&
                 !(under_way && note_of(room, index)->voided);
    if (known && was_missed(room, index, member)) {
        return; /* late: it stays lost, and that is all there is to say */
    }
    counts[known ? LG_DELIVERIES_DUPLICATED : LG_DELIVERIES_UNEXPECTED]++;
}

/* True: it is overdue.  Those are looked for once a second only; which second that is must not
 * decide. */
static bool is_late(struct lg_room *room, uint64_t index, uint32_t member, lg_ns now)
{
    struct note *n = note_of(room, index);
    if (n->sent + room->worker->program->plan->deliveries[0].drain > now) {
        return false;
    }
    lose(room, index, member);
    if (n->remaining == 0) {
        settle_complete(room, n);
    }
    return true;
}

void lg_room_hear(struct lg_room *room, struct lg_vu *vu, struct lg_slice id, lg_ns sent, lg_ns now)
{
    uint64_t index;
    uint32_t member = vu->member;
    if (!read_id(room, id, &index)) {
        lg_deliveries_counts(lg_worker_recorder(room->worker, now), 0)[LG_DELIVERIES_UNEXPECTED]++;
        return;
    }
    if (index < room->first || index >= room->next_index || !bit(pending_of(room, index), member)) {
        hear_other(room, index, member, now);
        return;
    }
    struct note *n = note_of(room, index);
    if (n->sent > now) { /* ids can be guessed: this one was heard before it was sent */
        lg_deliveries_counts(n->recorder, 0)[LG_DELIVERIES_UNEXPECTED]++;
        return;
    }
    if (is_late(room, index, member, now)) {
        return;
    }
    uint64_t *counts = lg_deliveries_counts(n->recorder, 0);
    lg_ns from = sent >= 0 && sent <= now ? sent : n->sent;
    clear_bit(pending_of(room, index), member);
    counts[LG_DELIVERIES_RECEIVED]++;
    lg_hist_add(lg_deliveries_hist(n->recorder, 0, LG_DELIVERIES_DELIVERY), now - from);
    if (index + 1 > room->places[member].highest) {
        room->places[member].highest = index + 1;
    } else if (overtaken(room, index, member)) {
        counts[LG_DELIVERIES_REORDERED]++;
    }
    n->first = n->first != 0 ? n->first : now;
    n->last = now;
    if (--n->remaining == 0) {
        settle_complete(room, n);
    }
}

static void expire(struct lg_room *room, uint64_t index)
{
    for (uint32_t m = 0; m < room->member_cap && note_of(room, index)->remaining > 0; m++) {
        if (bit(pending_of(room, index), m)) {
            lose(room, index, m);
        }
    }
    settle_complete(room, note_of(room, index));
}

/* Whether it would have been heard in time is not known. */
static void cut(struct lg_room *room, uint64_t index)
{
    struct note *n = note_of(room, index);
    lg_deliveries_counts(n->recorder, 0)[LG_DELIVERIES_EXPECTED] -= n->remaining;
    memset(pending_of(room, index), 0, room->words * 8);
    n->remaining = 0;
    n->complete = false;
    settle_complete(room, n);
}

void lg_rooms_expire(struct lg_worker *worker, lg_ns now, bool all)
{
    if (!worker->program->has_deliveries) {
        return;
    }
    lg_ns drain = worker->program->plan->deliveries[0].drain;
    for (struct lg_room *room = worker->rooms; room != NULL; room = room->next) {
        for (uint64_t i = room->first; i < room->next_index; i++) {
            const struct note *n = note_of(room, i);
            if (n->recorder != NULL && n->sent + drain <= now) {
                expire(room, i);
            } else if (n->recorder != NULL && all) {
                cut(room, i);
            }
        }
    }
}
