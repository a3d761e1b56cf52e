"""What a customer is about to buy."""

from dataclasses import dataclass, field
from decimal import Decimal

from bookshop.catalogue import Book, Catalogue


@dataclass
class BasketLine:
    book: Book
    quantity: int

    def line_total(self) -> Decimal:
        return self.book.price * self.quantity


@dataclass
class Basket:
    catalogue: Catalogue
    lines: list[BasketLine] = field(default_factory=list)

    def put(self, isbn: str, quantity: int = 1) -> None:
        book = self.catalogue.find_book(isbn)
        if book is None:
            raise KeyError(isbn)
        self.lines.append(BasketLine(book, quantity))

    def total(self) -> Decimal:
        return sum((line.line_total() for line in self.lines), Decimal(0))

    def total_pages(self) -> int:
        return sum(line.book.page_count * line.quantity for line in self.lines)

    def most_expensive(self) -> Book:
        line = max(self.lines, key=lambda line: line.book.price)
        return line.book
