-- Ids of events are random: by time first, new ones lie beside each other.
ALTER TABLE "event_id" DROP CONSTRAINT "event_id_pkey";
ALTER TABLE "event_id" ADD CONSTRAINT "event_id_pkey" PRIMARY KEY ("at", "id");
DROP INDEX "event_id_at_idx";
