-- What only SQLite says so: a key that it gives itself.
DROP TABLE IF EXISTS orders;
CREATE TABLE orders (
    id      integer PRIMARY KEY,
    key     text NOT NULL UNIQUE,
    cart_id text NOT NULL,
    lines   bigint NOT NULL,
    total   bigint NOT NULL
);
