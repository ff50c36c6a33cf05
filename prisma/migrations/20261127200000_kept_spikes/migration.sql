-- Spikes and drops as the detector found them, so that a screen need not look for them again. What is there already is
-- to be looked at.
-- CreateTable
CREATE TABLE "detection_day" (
    "key" TEXT NOT NULL,
    "day" TIMESTAMPTZ(3) NOT NULL,
    "touched" BIGINT NOT NULL,
    "looked" BIGINT,
    "looked_at" TIMESTAMPTZ(3),
    "version" INTEGER,
    "series" INTEGER NOT NULL DEFAULT 0,
    "calls" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "detection_day_pkey" PRIMARY KEY ("key","day")
);
INSERT INTO "detection_day" ("key", "day", "touched")
  SELECT DISTINCT "key", date_trunc('day', "minute", 'UTC'), 1 FROM "rollup_minute"
  WHERE "measure" IN ('calls', 'events', 'events-also');

-- CreateTable
CREATE TABLE "detected_spike" (
    "key" TEXT NOT NULL,
    "day" TIMESTAMPTZ(3) NOT NULL,
    "no" INTEGER NOT NULL,
    "ends_at" TIMESTAMPTZ(3) NOT NULL,
    "also" DOUBLE PRECISION NOT NULL,
    "view" JSONB NOT NULL,

    CONSTRAINT "detected_spike_pkey" PRIMARY KEY ("key","day","no")
);

-- CreateTable
CREATE TABLE "detected_series" (
    "key" TEXT NOT NULL,
    "day" TIMESTAMPTZ(3) NOT NULL,
    "counts" BYTEA NOT NULL,
    "also" BYTEA,
    "expected" BYTEA NOT NULL,

    CONSTRAINT "detected_series_pkey" PRIMARY KEY ("key","day")
);

-- Which of several dashboards over one database reads logs, keeps spikes and drops what is past retention.
-- CreateTable
CREATE TABLE "leader" (
    "name" TEXT NOT NULL,
    "holder" TEXT NOT NULL,
    "until" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "leader_pkey" PRIMARY KEY ("name")
);
