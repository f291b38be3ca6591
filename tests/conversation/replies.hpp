#pragma once

#include <array>
#include <string_view>

namespace atlas::conversation {

// Two lines with emoji are of a width that clang-format cannot agree with itself about.
// clang-format off
// Replies as models write them, of every kind that is easy to cut wrongly.
constexpr auto realistic_replies = std::to_array<std::string_view>({
    "Sure! The total comes to $29.95, which includes tax. It costs $1,299.00 with the case, or €1.299,00 in "
    "Berlin.",
    "You owe $29. That is all. You paid $1,000,000 on 12.03.2024, and again on 2024-03-12. Thank you so "
    "much!",
    "Well... maybe we could try Tuesday at 10:30 a.m. Does that work for you? Otherwise 5 p.m. is fine.",
    "Hmm… let me think… Okay. I have an idea… It might work, if you're patient. Wait... What was that?",
    "On January 5, 2025 we ship it. By Jan. 12 it arrives. On Feb. 3rd, 2025, you'd get a bill for 3.5% "
    "more.",
    "Dr. J. R. Smith from Acme Inc. will call you. The U.S. office opens at 9 a.m. We look forward to it, "
    "e.g. on Friday.",
    "Mr. and Mrs. Jones live on St. James St. in Washington, D.C. They moved there in Sept. 1998, i.e. long "
    "ago.",
    "See No. 5 on p. 12, fig. 3. No. I mean the other one. Is it vol. 2? Yes. It's option B. We can do that.",
    "The server at 192.168.0.1:8080 runs version 2.5.1. Version v10.0.0-rc.1 is out. Use Node.js, ASP.NET or "
    "C++20.",
    "Call me at 555 012 3456, or +1 (555) 012-3456. My extension is 42. That's easy to remember, isn't it?",
    "Here are the steps:\n1. Open the app.\n2. Tap \"Settings\", then \"Account\".\n3. Choose "
    "**Delete**.\n\nThat's it!",
    "Here is the plan: 1. Open the door. 2. Walk in. 3. Close it. Then we are done, more or less, I suppose.",
    "Two things:\n- the first thing, which is big\n- the second thing; it's small\n  - a nested "
    "thing\n\nWhich one first?",
    "* Apples\n* Pears\n+ Plums\n• Cherries\n– Figs\n1) One\n2) Two\n- [ ] open task\n- [x] done task\n",
    "### Summary\n\n**First:** do it. _Then_ rest.\n\n> quoted text, with a comma\n\n---\n\nThe end of it "
    "all, my friend.",
    "**Bold stop.** Next one. *Italic, too.* And `code. With, marks` inside. ~~Gone.~~ __Strong__ words "
    "follow here.",
    "| Name | Price |\n|------|------:|\n| Tea, green | $3.50 |\n| Coffee | $4.25 |\n\nAnything else? I can "
    "order now.",
    "Run this:\n```python\nprint(\"hello. World\")\nx = 1, 2\n\nif x:\n    y()\n```\nThen check the output. "
    "It should say hello.",
    "```\nls -la\n```\n\n~~~sh\necho hi. There\n~~~\nBoth of them list things. ```inline``` is another "
    "matter.",
    "Like so:\n\n  ```js\n  const a = `b. C`;\n  ```\n\nAnd an unfinished one:\n```c\nint main() { return 0; "
    "}\n",
    "See [our page, the new one. Really](https://example.com/a?b=1.2,3) for details. [Note] that it's new, "
    "[1] they say.",
    "Go to https://www.example.com/very/long/path?x=1.5&y=2,3#frag. Or www.example.org! Or http://a.b/c, "
    "please?",
    "Write to bob.smith@example.co.uk, or to <a.b-c@example.com>. See <https://example.com/x?y=1>. That's "
    "all of it.",
    "\"I am coming home,\" she said. \"Don't wait.\" Then she left. \"Really?\" he asked. 'No.' \"Yes! Go.\" "
    "It's over.",
    "“Well, fine.” He nodded. „Na gut, ja.“ Sie ging. «Eh bien, oui.» Il rit. »Gut.« Ende. ‘Fine,’ they "
    "said. Bye.",
    "Then (as always, and this is true. Really.) she left. (A whole sentence, in brackets.) And [so, it] "
    "goes on. :) OK.",
    "I'm sorry to hear that :( Let me fix it, quickly. Is that okay? ;-) Great, then: let's go on. 5\" is "
    "12.7 cm. Yes.",
    "Great! 😀 I've booked it 👍🏽 Anything else? 👨‍👩‍👧‍👦 Family rooms, by the way, cost 20 "
    "€ "
    "— "
    "or "
    "less. 🇩🇪🇫🇷 Both countries ❤️.",
    "✅ Done!\n⚠️ Careful: it's hot.\n1️⃣ First, this.\n2️⃣ Second, that.\n\nEnjoy 🎉🎉🎉 Bye "
    "now, "
    "and "
    "take "
    "care!",
    "I think—well, maybe—it's fine. The range is 3–4 days – or 2010—2015. It was a well-known trick - I mean "
    "it -- yes.",
    "hello there. i write everything in lower case, you know. it's ok? yes! fine. e.g. like this, and so on "
    "etc. bye",
    "A. B. C. These are letters. I. Am. Here. So do I. Then it's vitamin C. The end. Ph.D. students agree. "
    "U.K. too.",
    "WHAT?! No way!!! Are you sure?? Yes... Yes!! OK. LOL. WOW, THAT IS LOUD. PLEASE, STOP. THANK YOU VERY "
    "MUCH.",
    "One line\nanother line goes\non in lower case,\nand ends.\n\n\n\nA new paragraph\twith a tab.\r\nAnd a "
    "Windows line.\r\n",
    "   Leading blanks, as some models write.  Two blanks.   Three. \n \n Trailing blanks here.   \n\n   ",
    "Use `npm install`, then ``a `b` c``. An open ` tick stays. Another (open bracket stays. So it goes on, "
    "and on, and on.",
    "The file is C:\\temp\\new.txt, or /usr/lib/x.so.1. Call foo.bar(). Set x=1.5; y=2. The #1 choice. Ratio "
    "3:4, ok?",
    "It's 20°C, i.e. 68 °F. 5 km/h. 1/2 cup, 2.5 lbs. of flour. 50 % off. Temp. approx. 3. Next: 7 x 8 = 56. "
    "Good.",
    "Guten Tag! Ihr Termin ist am 5. Mai um 14.30 Uhr bei Dr. Müller, d.h. in zwei Wochen. Das kostet 29,95 "
    "€. Passt das?",
    "Am 3. Oktober ist frei. Der 1. FC Köln spielt z. B. am 12.10. um 15 Uhr. Hr. Prof. Dr. Weiß kommt evtl. "
    "auch. Gut?",
    "M. Dupont arrive à 10 h. Voulez-vous l'appeler ? Oui, d'accord. C'est 1 000 000 d'euros ! Mme Dr. "
    "Blanc, p.ex., sait.",
    "¡Hola! ¿Cómo está usted, Sr. García? Son 1.250,75 pesos. ¿Le parece bien? EE.UU. está lejos, p.ej. muy "
    "lejos. Sí.",
    "Il costo è di 1.299,50 €, tasse incluse. Il sig. Rossi arriva alle 15.30. Va bene? L'avv. Bianchi, ecc. "
    "Perfetto!",
    "O Sr. Silva chega às 10h30. São R$ 1.299,50, pois é. Está bem? A Dra. Souza, p.ex., já sabe. Até logo, "
    "então!",
    "Dhr. De Vries komt om 10.30 uur, d.w.z. straks. Het kost € 29,95. Is dat goed? Nr. 5 is bijv. beter. "
    "Tot ziens!",
    "Здравствуйте! Ваш заказ № 5 будет готов 12.03.2024, т.е. завтра. Сумма 1 299,50 руб. Вас устраивает? "
    "Да, конечно.",
    "Καλημέρα σας. Το ραντεβού είναι στις 10:30, αύριο. Σας βολεύει; Ο κ. Παπαδόπουλος θα σας περιμένει. "
    "Ευχαριστώ πολύ.",
    "Dzień dobry! Wizyta jest 5. maja o 14.30, tzn. za dwa tygodnie. Koszt to 29,95 zł. Czy to pasuje? Tak, "
    "oczywiście.",
    "今日はとても良い天気です。明日は雨が降るかもしれません！本当ですか？はい、そうです。「行きます。」と言い"
    "ました。",
    "ご予約は5月3日（土）の10時30分です。料金は1,"
    "299円（税込）になります。よろしいでしょうか？そうですね……でも、はい。",
    "好的,我来帮您查一下。您的订单号是12345，总共是1,299."
    "50元。请问还有其他问题吗？没有的话，祝您愉快！再见。",
    "他说：“我明天来。”然后走了。“真的吗？”她问。是的，真的。网址是https://example.com/路径。请看。谢谢！",
    "안녕하세요! 예약은 5월 3일 10:30입니다. 요금은 1,299원이고, 세금 포함입니다. 괜찮으신가요? 네, "
    "알겠습니다. 감사합니다.",
    "مرحبا، كيف يمكنني مساعدتك اليوم؟ لدينا مواعيد متاحة يوم الثلاثاء؛ هل يناسبك ذلك؟ السعر 29.95 دولارا. "
    "شكرا لك.",
    "שלום, איך אפשר לעזור לך היום? התור נקבע ליום שלישי בשעה 10:30. ד\"ר כהן יחכה לך, כמובן. המחיר 29.95 "
    "ש\"ח. בסדר?",
    "نمستے، آپ کیسے ہیں؟ آپ کا آرڈر کل پہنچ جائے گا۔ کیا آپ کو کچھ اور چاہیے؟ شکریہ، خدا حافظ۔ پھر ملیں گے۔",
    "नमस्ते, मैं आपकी मदद कर सकता हूँ। आपका ऑर्डर कल पहुँच जाएगा। कीमत ₹1,299.50 है। क्या आपको और कुछ चाहिए? धन्यवाद।",
    "สวัสดีครับ ผมยินดีช่วยเหลือคุณครับ คุณต้องการนัดหมายวันไหน เรามีเวลาว่างวันอังคารและวันพฤหัสบดีค่ะ ราคา 29.95 บาท ขอบคุณมากค่ะ",
    "Xin chào! Đơn hàng của bạn là 1.299.000 đ, đã gồm thuế. Bạn có cần gì nữa không? Vâng, cảm ơn bạn rất "
    "nhiều.",
    "The word 東京 means Tokyo. مرحبا means hello, 你好 too! नमस्ते। OK? The price is ¥1,299 (about $9.50). "
    "さようなら、friend. Bye.",
    "Your code is 4 8 1 5 1 6. I repeat: 4, 8, 1, 5, 1, 6. Your PIN is 1234; keep it safe. Flight LH 456 to "
    "Fra. leaves.",
    "Let me check that for you, one moment please. Okay, so I found three flights: LH 456 at 6:15 a.m., BA "
    "12 at noon, "
    "and AF 1.5 hours later. The cheapest, at $199.99, is the second one. Would you like me to book it? It "
    "only takes "
    "a minute, and you can cancel free of charge until Dec. 24, 2025, at 11:59 p.m. Eastern Time, which is "
    "generous.",
    "So here is a very long sentence without any mark that goes on and on and on because the one who wrote "
    "it never "
    "found the key for the comma or the full stop and who would blame them given how small such keys are on "
    "a phone "
    "and how little time there is between two stations of the tram when one stands in the crowd and has to "
    "hold on "
    "to something or somebody with one hand at least and then it ends",
    "See "
    "https://example.com/an/address/that/is/far/longer/than/any/piece/may/be/because/somebody/put/everything/"
    "into/"
    "it/"
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    "aaaa"
    "/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb?q=1.2,3 and "
    "tell me.",
    "这是一个没有任何标点的非常长的句子它一直继续下去因为写它的人从来没有找到逗号或句号的键谁又会责怪他们呢毕"
    "竟手机上的键"
    "是那么小而且在电车两站之间的时间又是那么少人们站在人群中还得用一只手抓住什么东西或者什么人然后它就这样结"
    "束了没有别的",
    "<b>Bold, here.</b> Line<br>break. a < b, c > d. Fish &amp; chips. \\*Not bold.\\* Price\\_tag, ok. "
    "Footnote[^1]. End.\n\n[^1]: Note.",
});
// clang-format on

}  // namespace atlas::conversation
