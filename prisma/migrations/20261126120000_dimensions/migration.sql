-- Names as small integers: lib/store/intern.ts says of what.
-- CreateTable
CREATE TABLE "dimension" (
    "kind" SMALLINT NOT NULL,
    "id" SERIAL NOT NULL,
    "name" TEXT NOT NULL,

    CONSTRAINT "dimension_pkey" PRIMARY KEY ("kind","id")
);

-- CreateIndex
CREATE UNIQUE INDEX "dimension_kind_name_key" ON "dimension"("kind", "name");
