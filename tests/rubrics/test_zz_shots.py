from __future__ import annotations
import os
import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import sync_playwright
from rubrics.models import *
from rubrics.interchange.importing import import_assessment
from pathlib import Path
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]="true"

@pytest.mark.django_db(transaction=True)
def test_shots(live_server, client):
    user = User.objects.create_superuser("boss", password="boss")
    client.force_login(user)
    imp = import_assessment(Path("samples/python_associate/assessment.yaml").read_bytes())
    a = imp.assessment
    from django.conf import settings
    name = settings.SESSION_COOKIE_NAME
    with sync_playwright() as p:
        b = p.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        c = b.new_context(viewport={"width":1280,"height":900}, bypass_csp=True)
        page = c.new_page()
        logs=[]
        page.on("console", lambda m: logs.append(m.text)); page.on("pageerror", lambda e: logs.append(str(e)))
        page.goto(live_server.url+"/admin/login/"); page.fill("[name=username]","boss"); page.fill("[name=password]","boss"); page.click("button[type=submit]"); page.wait_for_load_state("networkidle")
        r = Rubric.objects.get(code="architecture")
        crit = r.criteria.all()[0]
        code = a.items.filter(kind="code")[0]; choice=a.items.get(kind="choice")
        urls = {
          "index":"/admin/","assessments":"/admin/rubrics/assessment/","assessment":f"/admin/rubrics/assessment/{a.pk}/change/",
          "rubric":f"/admin/rubrics/rubric/{r.pk}/change/","criterion":f"/admin/rubrics/criterion/{crit.pk}/change/",
          "level":f"/admin/rubrics/level/{crit.levels.all()[2].pk}/change/",
          "item_code":f"/admin/rubrics/item/{code.pk}/change/","item_choice":f"/admin/rubrics/item/{choice.pk}/change/",
          "publish":f"/admin/rubrics/assessment/{a.pk}/publish/","preview":f"/admin/rubrics/assessment/{a.pk}/preview/",
          "rubric_add":"/admin/rubrics/rubric/add/","policy":f"/admin/rubrics/policy/{a.policy_id}/change/",
          "programme":f"/admin/rubrics/programme/{a.programme_id}/change/",
        }
        only = os.environ.get("SHOTS","").split(",") if os.environ.get("SHOTS") else list(urls)
        for n in only:
            page.goto(live_server.url+urls[n]); page.wait_for_load_state("networkidle")
            page.screenshot(path=f"/tmp/rub_shots/{n}.png", full_page=False)
            if n in ("item_code","assessment","criterion"):
                page.screenshot(path=f"/tmp/rub_shots/{n}_full.png", full_page=True)
        if "item_code" in only:
            page.goto(live_server.url+urls["item_code"])
            page.get_by_text("Add another Check").first.scroll_into_view_if_needed()
            page.get_by_text("Add another Check").first.click()
            page.wait_for_timeout(500); page.mouse.wheel(0,600); page.wait_for_timeout(300)
            page.screenshot(path="/tmp/rub_shots/item_added.png")
        print(set(logs))
        b.close()
