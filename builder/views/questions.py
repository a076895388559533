"""How is something asked about a step or a branch? On a page, and the same in the dialog or in a menu."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from builder.presenters import chain
from builder.presenters.asked import Asked
from builder.presenters.chain import Chosen
from builder.presenters.menus import BranchMenu
from builder.presenters.opened import Opened
from workspaces.access import SignedInRequest


def ask(request: SignedInRequest, here: Opened, question: Asked, *, status: int = 200) -> HttpResponse:
    return _draw(request, here, "question", question, status)


def show_menu(request: SignedInRequest, here: Opened, menu: BranchMenu) -> HttpResponse:
    return _draw(request, here, "branch_menu", menu, 200)


def _draw(
    request: SignedInRequest, here: Opened, template: str, question: Asked | BranchMenu, status: int
) -> HttpResponse:
    partial = "#dialog" if request.htmx else ""
    context = {"question": question, "page": chain.page(here, Chosen())}
    response = render(request, f"builder/{template}.html{partial}", context, status=status)
    if request.method == "POST":
        response["HX-Retarget"], response["HX-Reswap"] = "#dialog", "innerHTML"
    patch_vary_headers(response, ["HX-Request"])
    return response
