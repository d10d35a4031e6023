"""The shop's tables, as ../data/schema.sql makes them."""

from django.db import models


class Product(models.Model):
    id = models.BigIntegerField(primary_key=True)
    name = models.TextField()
    price = models.BigIntegerField()
    stock = models.BigIntegerField()
    stocked = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "product"


class Cart(models.Model):
    id = models.TextField(primary_key=True)

    class Meta:
        managed = False
        db_table = "cart"


class CartLine(models.Model):
    pk = models.CompositePrimaryKey("cart_id", "product_id")
    cart_id = models.TextField()
    product_id = models.BigIntegerField()
    quantity = models.BigIntegerField()
    price = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "cart_line"


class OrderKey(models.Model):
    key = models.TextField(primary_key=True)
    cart_id = models.TextField()

    class Meta:
        managed = False
        db_table = "order_key"


class Order(models.Model):
    id = models.BigAutoField(primary_key=True)
    key = models.TextField(unique=True)
    cart_id = models.TextField()
    lines = models.BigIntegerField()
    total = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "orders"


class OrderLine(models.Model):
    pk = models.CompositePrimaryKey("order_id", "product_id")
    order_id = models.BigIntegerField()
    product_id = models.BigIntegerField()
    quantity = models.BigIntegerField()
    price = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "order_line"
