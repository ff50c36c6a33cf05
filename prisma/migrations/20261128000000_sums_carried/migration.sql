-- What earlier releases have summed is carried over right after: lib/store/rollups/carry-over.ts, which then drops these.
ALTER TABLE "rollup_minute" RENAME TO "first_rollup_minute";
ALTER TABLE "dek_hour" RENAME TO "first_dek_hour";
