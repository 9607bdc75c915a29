"""One list of a page as a file."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.text import slugify
from django.views.decorators.http import require_GET

from vardbalans.web.exports.lists import LISTS, table_of
from vardbalans.web.exports.tables import as_csv, as_workbook
from vardbalans.web.people.access import needs, person
from vardbalans.web.people.permissions import Permission

_KINDS = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "xlsx": (as_workbook, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


@needs(Permission.BALANCE_READ)
@require_GET
def give(request: HttpRequest, name: str, form: str) -> HttpResponse:
    """Give the list called *name*, chosen and ordered as the page's address says, for its ``unit`` and below."""
    if name not in LISTS or form not in _KINDS:
        raise Http404(f"{name}.{form}")
    table = table_of(person(request), name, request.GET.dict())
    write, kind = _KINDS[form]
    headers = {"Content-Disposition": f'attachment; filename="{slugify(table.title) or name}.{form}"'}
    return HttpResponse(write(table), content_type=kind, headers=headers)
