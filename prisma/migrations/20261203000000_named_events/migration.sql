-- Events that name no key lie under the key of their attempt, too. Those that were joined before wait in first_named_event
-- until the program has put them there.
CREATE TABLE "first_named_event" AS
SELECT "event_id" AS "id", "event_at" AS "at", "attempt_key" AS "key" FROM "pair" WHERE "key" = 0 AND "event_key" = 0 AND "attempt_key" <> 0;
