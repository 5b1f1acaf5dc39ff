INSERT INTO event (record, count, idx, tenant, at, code, user_id, body)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
