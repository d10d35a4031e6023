-- What both databases take alike. Times are milliseconds since the epoch, prices cents, values
-- thousandths. The file is run once, before the first process serves, and begins from nothing.

DROP TABLE IF EXISTS order_line;
DROP TABLE IF EXISTS cart_line;
DROP TABLE IF EXISTS cart;
DROP TABLE IF EXISTS order_key;
DROP TABLE IF EXISTS product;
DROP TABLE IF EXISTS reading;
DROP TABLE IF EXISTS device;

CREATE TABLE product (
    id      bigint PRIMARY KEY,
    name    text NOT NULL,
    price   bigint NOT NULL,
    stock   bigint NOT NULL,
    stocked bigint NOT NULL -- what the stock was in the beginning: for the audit
);
CREATE TABLE cart (id text PRIMARY KEY);
CREATE TABLE cart_line (
    cart_id    text NOT NULL,
    product_id bigint NOT NULL,
    quantity   bigint NOT NULL,
    price      bigint NOT NULL,
    PRIMARY KEY (cart_id, product_id)
);
CREATE TABLE order_key (
    key     text PRIMARY KEY,
    cart_id text NOT NULL
);
CREATE TABLE order_line (
    order_id   bigint NOT NULL,
    product_id bigint NOT NULL,
    quantity   bigint NOT NULL,
    price      bigint NOT NULL,
    PRIMARY KEY (order_id, product_id)
);
CREATE TABLE device (id text PRIMARY KEY);
CREATE TABLE reading (
    device_id text NOT NULL,
    metric    text NOT NULL,
    ts        bigint NOT NULL,
    value     integer NOT NULL
);
CREATE INDEX reading_of ON reading (device_id, metric, ts);

-- 1,000 products. Each twentieth, one on each page, is scarce: 100 pieces.
WITH RECURSIVE number(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < 1000)
INSERT INTO product (id, name, price, stock, stocked)
SELECT i, 'product ' || i, 100 + (i * 37) % 9900,
       CASE WHEN i % 20 = 0 THEN 100 ELSE 1000000 END,
       CASE WHEN i % 20 = 0 THEN 100 ELSE 1000000 END
FROM number;
