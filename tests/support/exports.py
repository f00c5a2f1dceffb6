"""Files as other systems export them, written after their documentation with their oddities; all people are invented."""

# ruff: noqa: E501  # a line of a file is a line here
from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime

import openpyxl

SHOPIFY = '''\
Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,Total,Created at,Lineitem quantity,Lineitem name,Billing Name,Billing Zip,Billing Phone,Shipping Name,Shipping Phone,Cancelled at,Refunded Amount,Id,Tags,Phone
#2041,dana@example.org,paid,2026-11-20 14:05:40 +0200,fulfilled,2026-11-22 09:12:00 +0200,yes,ILS,349.00,349.00,2026-11-20 14:05:33 +0200,1,Oak shelf,דנה כהן,'6100001,+972500000001,דנה כהן,,,0.00,6100000000041,"vip, new",'+972500000001
#2041,,,,,,,,,,,2,"Brass hook, 3""",,,,,,,,,,
#2040,noa@example.org,paid,2026-07-01 10:00:00 +0300,unfulfilled,,no,ILS,1250.50,1250.50,2026-07-01 09:59:00 +0300,1,Desk,נועה לוי,'6100002,,,,2026-07-02 08:00:00 +0300,1250.50,6100000000040,,
#2039,sam@example.org,refunded,2026-06-01 10:00:00 +0300,fulfilled,,no,ILS,80.00,80.00,2026-06-01 10:00:00 +0300,1,Lamp,Sam,,,,,,80.00,6100000000039,,
#2038,lee@example.org,pending,,unfulfilled,,no,ILS,80.00,80.00,2026-06-01 10:00:00 +0300,1,Lamp,Lee,,,,,,0.00,6100000000038,,
#2037,,paid,2026-06-01 10:00:00 +0300,fulfilled,,no,ILS,15.00,15.00,2026-06-01 10:00:00 +0300,1,Mug,,,,,,,0.00,6100000000037,pos,
'''.encode()

WOOCOMMERCE = '''\
order_id,order_number,date,status,shipping_total,order_total,payment_method,customer_id,billing_first_name,billing_last_name,billing_email,billing_phone,billing_country,customer_note,item_name,item_quantity
4415,#4415,2026-11-20 14:05:33,completed,0.00,349.00,cod,0,דנה,כהן,dana@example.org,050-0000001,IL,"two
lines",Oak shelf,1
4415,#4415,2026-11-20 14:05:33,completed,0.00,349.00,cod,0,דנה,כהן,dana@example.org,050-0000001,IL,,Brass hook,2
4416,#4416,2026-11-20 15:00:00,wc-cancelled,0.00,"1,250.50",cod,17,Noa,Levi,noa@example.org,,IL,,Desk,1
4417,#4417,2026-11-20 15:00:00,on-hold,0.00,10.00,cod,18,Lee,,lee@example.org,,IL,,Mug,1
'''.encode("utf-8-sig")

ZENDESK = b'''\
Summation column,Id,Requester,Requester id,Requester external id,Requester email,Requester domain,Group,Subject,Tags,Status,Priority,Via,Created at,Updated at,Solved at,Reopens,Order number [txt]
1,501,Dana Cohen,3001,C-17,dana@example.org,example.org,Support,"Late, again","a b",Solved,Normal,Mail,2026-11-18 09:10,2026-11-20 14:05,2026-11-20 14:05,0,A-1
1,502,Noa Levi,3002,-,noa@example.org,example.org,Support,Broken,-,Closed,Low,Web form,2026-11-18 09:10,2026-11-19 10:00,2026-11-19 10:00,1,
1,503,Lee,3003,,lee@example.org,example.org,Support,New,-,Open,Low,Web form,2026-11-18 09:10,2026-11-19 10:00,,0,
'''

FRESHDESK = b'''\
Ticket Id,Subject,Status,Priority,Source,Type,Agent,Group,Created Time,Due by Time,Resolved Time,Closed Time,First response time (in hrs),Resolution time (in hrs),Tags,Full Name,Contact Id,Email
77,Where is it?,Resolved,Low,Email,Question,Ava,Support,2026-11-18 09:10:00,2026-11-21 09:10:00,2026-11-20 14:05:00,,01:10:00,53:10:00,,Dana Cohen,90001,dana@example.org
78,Hello,Open,Low,Portal,,,,2026-11-18 09:10:00,2026-11-21 09:10:00,,,,,,Lee,90002,lee@example.org
'''

PRIORITY = '''\
דוח הזמנות לקוח;;;;;;;;
;;;;;;;;
הזמנה;תאריך;מס' לקוח;שם לקוח;מק"ט;סה"כ מחיר;סטטוס;דואר אלקטרוני;טלפון
SO26000123;20/11/2026;10017;דנה כהן;A-1;"1,234.50 ₪";סופקה;dana@example.org;050-0000001
SO26000123;20/11/2026;10017;דנה כהן;A-2;15.50-;סופקה;dana@example.org;050-0000001
SO26000124;03/04/2026;10018;נועה לוי;A-1;80.00;בוטלה;noa@example.org;
SO26000125;21/11/2026;10019;"א. לוי בע""מ";A-1;80.00;פתוחה;lee@example.org;
'''.replace("\n", "\r\n").encode("cp1255")

IRANIAN = '''\
شماره سفارش,نام مشتری,تلفن,ایمیل,مبلغ (تومان),وضعیت,تاریخ
۱۲۰۴,سارا احمدی,۰۹۱۲۰۰۰۰۰۰۱,sara@example.org,"۱٬۲۵۰٬۰۰۰",تحویل شده,۱۴۰۵/۹/۴
١٢٠٥,علی رضایی,,ali@example.org,"850,000 تومان",تحويل شده,1405/09/04
1206,نیما,,nima@example.org,90000,لغو شده,14050904
1207,مینا,,mina@example.org,90000,در انتظار پرداخت,1405/9/4
'''.encode("utf-8-sig")


def workbook(*rows: Sequence[object], title: str = "Orders") -> bytes:
    """A workbook of an empty sheet and one with these rows."""
    book = openpyxl.Workbook()
    sheet = book.create_sheet(title)
    for row in rows:
        sheet.append(list(row))
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


SHEET = workbook(
    ["Orders of November"],
    ["Order", "When", "Delivered", "Sum", "E-mail", "Mobile", "Note"],
    [1001, datetime(2026, 11, 20, 14, 5, 33), datetime(2026, 11, 21), 249.9, "dana@example.org", 501234567, "=1+1"],
    ["A-2", datetime(2026, 11, 20), None, "1.250,00", "noa@example.org", None, True],
)
