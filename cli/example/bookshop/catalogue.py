"""The books the shop sells."""

from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True)
class Book:
    isbn: str
    title: str
    price: Decimal
    page_count: int


@dataclass
class Catalogue:
    books_by_isbn: dict[str, Book] = field(default_factory=dict)

    def add_book(self, book: Book) -> None:
        self.books_by_isbn[book.isbn] = book

    def find_book(self, isbn: str) -> Book | None:
        return self.books_by_isbn.get(isbn)

    def cheaper_than(self, limit: Decimal) -> list[Book]:
        return [book for book in self.books_by_isbn.values() if book.price < limit]
