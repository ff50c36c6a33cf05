-- CreateTable
CREATE TABLE "dek_directory" (
    "workspace" TEXT NOT NULL,
    "header" BYTEA NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "dek_directory_pkey" PRIMARY KEY ("workspace")
);
