ALTER INDEX "Op_pkey" SET (fillfactor = 80);
-- the pending list makes lookups slow
ALTER INDEX "Op_keys_idx" SET (fastupdate = off);
