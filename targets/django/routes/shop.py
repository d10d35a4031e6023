"""The shop: a catalogue, carts, and orders that never sell what is not there."""

import re
import uuid

from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import F, IntegerField, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce
from django.urls import path

from core.errors import Refusal, not_found
from core.methods import blocking, methods
from core.wire import answer, json_body, query_integer, whole
from shop.models import Cart, CartLine, Order, OrderKey, OrderLine, Product

PAGE = 20
PAGES = 50
UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
KEY = re.compile(r"[\x21-\x7e]{1,64}")


@blocking
def catalogue(request):
    page = query_integer(request.GET, "page", least=1, most=PAGES, otherwise=1)
    pages = Paginator(Product.objects.order_by("id").values("id", "name", "price", "stock"), PAGE)
    return answer({"page": page, "pages": pages.num_pages, "items": list(pages.page(page))})


@blocking
def product(request, id):
    if not re.fullmatch("[0-9]{1,10}", id):
        raise not_found()
    found = Product.objects.values("id", "name", "price", "stock").filter(id=int(id)).first()
    if not found:
        raise not_found()
    return answer(found)


@blocking
def new_cart(request):
    cart = str(uuid.uuid4())
    Cart.objects.create(id=cart)
    return answer({"cart": cart}, 201)


@blocking
def put_item(request, id):
    """Sets how many of a product the cart holds."""
    if not UUID.fullmatch(id):
        raise not_found()
    body = json_body(request)
    product = whole(body.get("product"), 1, 9_999_999_999)
    quantity = whole(body.get("quantity"), 1, 99)
    if product is None:
        raise invalid("product")
    if quantity is None:
        raise invalid("quantity")
    with transaction.atomic():
        items = set_line(id, product, quantity)
    return answer({"cart": id, "items": items, "total": total_of(items)})


def set_line(cart, product, quantity):
    if not Cart.objects.filter(id=cart).values("id").first():
        raise not_found()
    found = Product.objects.filter(id=product).values("price").first()
    if not found:
        raise invalid("product")
    CartLine.objects.bulk_create(
        [CartLine(cart_id=cart, product_id=product, quantity=quantity, price=found["price"])],
        update_conflicts=True,
        unique_fields=["cart_id", "product_id"],
        update_fields=["quantity", "price"],
    )
    return lines_of(cart)


def lines_of(cart):
    found = CartLine.objects.filter(cart_id=cart).order_by("product_id")
    return list(found.values("quantity", "price", product=F("product_id")))


def total_of(lines):
    return sum(line["quantity"] * line["price"] for line in lines)


def invalid(field):
    return Refusal(422, "invalid", f"{field} is not valid", field=field)


@blocking
def order(request):
    cart = json_body(request).get("cart")
    key = request.headers.get("Idempotency-Key", "")
    if not KEY.fullmatch(key):
        raise Refusal(400, "bad_request", "Idempotency-Key must be 1 to 64 visible characters")
    if not isinstance(cart, str) or not UUID.fullmatch(cart):
        raise invalid("cart")
    with transaction.atomic():
        placed = placed_before(key, cart) or place(key, cart)
    return answer(placed, 201)


def placed_before(key, cart):
    """Who asks twice with one key gets the first answer again.

    The key comes first: of several at once, all but one wait here for that one's end.
    """
    OrderKey.objects.bulk_create([OrderKey(key=key, cart_id=cart)], ignore_conflicts=True)
    found = Order.objects.filter(key=key).values("id", "lines", "total", cart=F("cart_id")).first()
    if not found:
        return None
    if found["cart"] != cart:
        raise Refusal(409, "conflict", "the key has been used for another cart")
    return {name: found[name] for name in ("id", "cart", "lines", "total")}


def place(key, cart):
    lines = lines_of(cart)
    if not lines:
        raise invalid("cart")
    for line in lines:  # in the order of products: no deadlock
        take(line)
    total = total_of(lines)
    order = Order.objects.create(key=key, cart_id=cart, lines=len(lines), total=total)
    OrderLine.objects.bulk_create(
        OrderLine(order_id=order.id, product_id=line["product"], quantity=line["quantity"], price=line["price"])
        for line in lines
    )
    return {"id": order.id, "cart": cart, "lines": len(lines), "total": total}


def take(line):
    enough = Product.objects.filter(id=line["product"], stock__gte=line["quantity"])
    if not enough.update(stock=F("stock") - line["quantity"]):
        raise Refusal(409, "sold_out", "there is not enough of a product", product=line["product"])


def sum_of(lines, expression):
    total = lines.order_by().values("pk_").annotate(total=Sum(expression)).values("total")
    return Coalesce(Subquery(total, output_field=IntegerField()), 0)


@blocking
def audit(request):
    """Whether the books are right: nothing sold twice, nothing lost, each total that of its lines."""
    sold = sum_of(OrderLine.objects.filter(product_id=OuterRef("id")).annotate(pk_=F("product_id")), F("quantity"))
    billed = sum_of(
        OrderLine.objects.filter(order_id=OuterRef("id")).annotate(pk_=F("order_id")), F("quantity") * F("price")
    )
    orders = Order.objects.count()
    oversold = Product.objects.filter(stock__lt=0).count()
    stock = Product.objects.exclude(stock=F("stocked") - sold).count()
    totals = Order.objects.exclude(total=billed).count()
    return answer({"orders": orders, "oversold": oversold, "mismatch": stock + totals})


urlpatterns = [
    path("api/products", methods(GET=catalogue)),
    path("api/products/<str:id>", methods(GET=product)),
    path("api/carts", methods(POST=new_cart)),
    path("api/carts/<str:id>/items", methods(POST=put_item)),
    path("api/orders", methods(POST=order)),
    path("api/audit/shop", methods(GET=audit)),
]
