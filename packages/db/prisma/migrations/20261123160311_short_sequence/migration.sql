-- AlterTable
ALTER TABLE "delivery" ALTER COLUMN "sequence" SET DATA TYPE INTEGER;
ALTER SEQUENCE "delivery_sequence_seq" AS INTEGER;
