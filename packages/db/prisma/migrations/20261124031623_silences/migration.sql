-- AlterEnum
ALTER TYPE "delivery_state" ADD VALUE 'canceled';

-- AlterTable
ALTER TABLE "delivery" ADD COLUMN     "silenced_by" TEXT;

-- CreateTable
CREATE TABLE "silence" (
    "id" TEXT NOT NULL,
    "matchers" JSONB NOT NULL,
    "starts_at" TIMESTAMP(3) NOT NULL,
    "ends_at" TIMESTAMP(3) NOT NULL,
    "created_by" TEXT NOT NULL,
    "comment" TEXT NOT NULL,
    "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "silence_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "silence_ends_at_idx" ON "silence"("ends_at");

-- CreateIndex
CREATE INDEX "delivery_silenced_by_idx" ON "delivery"("silenced_by");
