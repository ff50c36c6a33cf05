-- What changed keys, identities or the log itself is asked for by what it did. 3 is the state of all that is no use.
-- CreateIndex
CREATE INDEX "event_action_at_idx" ON "event"("action", "at") WHERE "state" = 3;
