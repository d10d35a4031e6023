/* Who should hear which message.  A room is the set of users with the same group text, all on one
 * worker; it notes each message when it is sent, with the members who were confirmed at that
 * moment, and ticks them off as they hear it.  So lost, duplicated and reordered messages are
 * counted exactly, and memory follows the messages under way, not the length of the run.
 *
 *   expected    messages times the members confirmed (set up, not yet disconnected) at the send;
 *               not those that had neither come nor were overdue when the load was cut off
 *   lost        not heard before `drain` after the send, or the receiver was disconnected before
 *   duplicated  heard again
 *   reordered   heard after a later message of the same sender
 *   unexpected  an id of this run that this member was not expected to hear, or not yet, or an
 *               unknown id
 *
 * What comes after it was counted as lost stays lost, and is not counted again; only where a room
 * has lost half a million deliveries is that forgotten of the oldest, whose late ones count as
 * duplicated. */
#ifndef LG_ENGINE_ROOM_H
#define LG_ENGINE_ROOM_H

#include "engine/worker.h"

/* The room of a group text on this worker, made on first use; lives as long as the worker. */
struct lg_room *lg_room_of(struct lg_worker *worker, struct lg_slice group);
void lg_rooms_free(struct lg_worker *worker);
uint32_t lg_room_number(const struct lg_room *room);

void lg_room_join(struct lg_room *room, struct lg_vu *vu);  /* confirmed from here on */
void lg_room_leave(struct lg_room *room, struct lg_vu *vu); /* what it has not heard is lost */

/* Notes a message that `vu` sends now; it belongs to `recorder`'s second.  Returns its index, the
 * last part of ${message.id}. */
uint64_t lg_room_send(struct lg_room *room, struct lg_vu *vu, struct lg_recorder *recorder,
                      lg_ns now);
/* It was not sent after all: nobody is expected to hear it. */
void lg_room_void(struct lg_room *room, uint64_t index);

/* A member heard the message of this raw JSON id at `now`.  sent: the time that the message
 * carries, or -1 to use the note of the send. */
void lg_room_hear(struct lg_room *room, struct lg_vu *vu, struct lg_slice id, lg_ns sent,
                  lg_ns now);

/* Settles every message sent before `now` - drain.  `all`: the load is over, and who has not heard
 * a later one by now is expected to hear it no longer. */
void lg_rooms_expire(struct lg_worker *worker, lg_ns now, bool all);

#endif
