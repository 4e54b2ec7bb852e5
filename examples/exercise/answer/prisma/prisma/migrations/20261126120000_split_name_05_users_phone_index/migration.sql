-- Step 5 of 7 · split_name · takes its time; reads and writes go on (SHARE UPDATE EXCLUSIVE); keep it alone in this file
-- If it fails: it leaves an INVALID index.
--   1. prisma db execute --stdin <<< 'DROP INDEX CONCURRENTLY IF EXISTS "users_phone_key";'
--   2. prisma migrate resolve --rolled-back 20261126120000_split_name_05_users_phone_index
--   3. prisma migrate deploy
-- Undo: DROP INDEX CONCURRENTLY IF EXISTS "users_phone_key";
-- CreateIndex
CREATE UNIQUE INDEX CONCURRENTLY "users_phone_key" ON "users"("phone");
