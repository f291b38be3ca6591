#include "atlas/conversation/backchannels.hpp"

#include "text/characters.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace atlas::conversation {
namespace {

// Items are folded and separated by commas.
using Items = std::string_view;

constexpr ListenerWords universal = {
    "", "m,mm,hm,hmm,hum,ah,ahh,oh,ooh,uh,uhh,um,umm,er,erm,eh,haha,ha ha,hehe",
    "mhm,mmhm,mm hm,mm hmm,mmhmm,mhmm,hm hm,m hm,uh huh,uhhuh,aha,ah ha,a ha,okay,ok,okey,oke,o k", "wow",
    ""};

constexpr auto languages = std::to_array<ListenerWords>({
    {"en", "well,so,huh",
     "yes,yeah,yea,yep,yup,ya,right,sure,i see,got it,gotcha,i got it,all right,alright,fine,good,great,nice,"
     "cool,perfect,of course,exactly,true,thats right,thats true,thats good,sounds good,makes sense,"
     "that makes sense,i know,i understand,understood,very good,lovely,awesome,absolutely,"
     "definitely,indeed,oh yes,oh yeah,oh i see,oh okay,ah okay,ah yes,ah i see,ah right,yes yes,go on,"
     "sure thing,thank you,thanks",
     "really,oh really,oh wow,oh my,oh my god,is that so,interesting,amazing",
     "stop,stop it,wait,wait a minute,no,nope,nah,hold on,hang on,halt,pause,quiet,be quiet,shut up,enough,"
     "thats enough,thats wrong,wrong,cancel,never mind,nevermind,excuse me,sorry,pardon,hello,hey,help,what,"
     "repeat,one moment,one second,just a moment,just a second,just a minute,goodbye,bye,dont"},
    {"de", "tja,naja,na ja,äh,ähm,öh,hä",
     "ja,jaja,jo,jep,jawohl,genau,ja genau,klar,alles klar,gut,sehr gut,na gut,schön,sehr schön,prima,super,"
     "toll,richtig,stimmt,das stimmt,verstehe,ich verstehe,verstanden,ach so,achso,ach ja,ah ja,oh ja,aja,"
     "in ordnung,passt,einverstanden,natürlich,eben,sicher,perfekt,gerne,ja gerne,ja klar,ja gut,danke,"
     "na klar,doch",
     "echt,wirklich,ach echt,tatsächlich,ach wirklich,interessant,wahnsinn",
     "stopp,stop,halt,warte,warten sie,wart mal,warte mal,nein,nee,nö,moment,moment mal,einen moment,pause,"
     "ruhe,aufhören,genug,falsch,schluss,entschuldigung,hallo,hilfe,was,wie bitte,abbrechen,still,tschüss,"
     "stimmt nicht"},
    {"fr", "euh,bah,ben,hein,bon",
     "oui,ouais,ouaip,daccord,ok daccord,bien,très bien,ah bon,ah oui,ah ouais,je vois,je comprends,compris,"
     "jai compris,entendu,exact,exactement,voilà,parfait,super,cest ça,cest vrai,bien sûr,ça marche,ça va,"
     "tout à fait,effectivement,en effet,oui oui,daccord daccord,très bien merci,merci,génial,absolument",
     "vraiment,ah bon,cest vrai,sans blague,intéressant,incroyable",
     "stop,arrête,arrêtez,attends,attendez,non,nan,un instant,un moment,une seconde,une minute,pause,silence,"
     "taisez vous,tais toi,assez,ça suffit,cest faux,pardon,excusez moi,allô,quoi,comment,annuler,au revoir,"
     "à laide"},
    {"es", "eh,este,pues,bueno,ajá",
     "sí,si,ya,claro,vale,bien,muy bien,está bien,de acuerdo,entiendo,entendido,ya veo,exacto,exactamente,"
     "perfecto,cierto,es cierto,correcto,así es,eso es,por supuesto,claro que sí,sí sí,ah sí,ah ya,ya ya,"
     "genial,estupendo,comprendo,listo,dale,órale,ándale,desde luego,gracias,sí claro",
     "de verdad,en serio,ah sí,interesante,increíble",
     "para,pare,parar,espera,espere,espérate,no,alto,un momento,un segundo,momento,pausa,silencio,cállate,"
     "basta,ya basta,perdón,perdone,disculpe,oiga,oye,hola,ayuda,qué,cómo,cancelar,cancela,adiós,falso"},
    {"it", "beh,boh,mah,ehm",
     "sì,si,già,certo,certamente,va bene,bene,molto bene,daccordo,capisco,ho "
     "capito,capito,esatto,esattamente,"
     "perfetto,giusto,è vero,ottimo,chiaro,ecco,sì sì,ah sì,ah ecco,ah ok,sicuro,ovvio,benissimo,infatti,"
     "appunto,grazie,certo certo",
     "davvero,ah sì,sul serio,ma dai,interessante,incredibile",
     "stop,ferma,fermati,fermo,aspetta,aspetti,no,un momento,un attimo,un secondo,pausa,silenzio,zitto,basta,"
     "scusa,scusi,pronto,aiuto,cosa,come,annulla,sbagliato,arrivederci"},
    {"pt", "hã,hum hum,ahn,né,bom",
     "sim,tá,tá bom,tá bem,está bem,está bom,certo,claro,isso,isso mesmo,exato,exatamente,entendi,entendo,"
     "percebi,percebo,perfeito,ótimo,beleza,pois,pois é,com certeza,sim sim,ah sim,ah tá,legal,bem,"
     "muito bem,verdade,é verdade,compreendo,uhum,aham,obrigado,obrigada,já,pode ser",
     "sério,é mesmo,é verdade,jura,interessante,nossa",
     "para,pare,parar,espera,espere,peraí,não,um momento,um segundo,um minuto,pausa,silêncio,chega,basta,"
     "desculpe,desculpa,alô,olá,ajuda,o quê,como,cancela,cancelar,errado,tchau"},
    {"nl", "nou,eh,ehm,tja,hè",
     "ja,jaja,ja ja,jazeker,zeker,goed,heel goed,prima,oké,klopt,dat klopt,precies,juist,inderdaad,ik snap "
     "het,"
     "snap ik,begrepen,ik begrijp het,duidelijk,helder,natuurlijk,mooi,is goed,ja hoor,ja precies,oh ja,"
     "ah ja,top,leuk,fijn,tuurlijk,ja dat klopt,dank je,dankjewel,akkoord",
     "echt,echt waar,oh echt,meen je dat,interessant",
     "stop,wacht,wacht even,wacht eens,nee,neen,ho,halt,moment,een moment,even wachten,pauze,stil,hou "
     "op,genoeg,"
     "sorry,pardon,hallo,help,wat,annuleren,fout,dag,doei"},
    {"ja", "うん,うーん,えっと,えーと,あの,ああ,あー,へえ,へー,ほう,ふーん,ふうん,おお,ん,んー,まあ",
     "はい,はいはい,ええ,うんうん,そう,そうです,そうですね,そうですか,そっか,そうか,そうなんですね,なるほど,"
     "なるほどね,なるほどですね,わかりました,分かりました,わかった,分かった,了解,了解です,了解しました,"
     "いいですね,オッケー,オーケー,たしかに,確かに,もちろん,ですね,ありがとうございます",
     "本当,本当ですか,ほんと,ほんとうですか,マジで,まじで,そうなんですか,すごい",
     "待って,待ってください,ちょっと待って,ちょっと待ってください,止めて,止まって,やめて,ストップ,違う,"
     "違います,"
     "いいえ,いや,だめ,もういい,静かに,すみません,もしもし,キャンセル"},
    {"zh", "嗯,嗯嗯,啊,哦,噢,喔,哎,呃,唔,诶,欸,額",
     "对,對,对对,對對,对的,對的,对对对,對對對,是,是的,是啊,好,好的,好好,好啊,行,可以,没错,沒錯,明白,明白了,"
     "知道了,我知道,了解,懂了,我明白,原来如此,原來如此,当然,當然,没问题,沒問題,谢谢,謝謝",
     "真的,真的吗,真的嗎,是吗,是嗎,哇",
     "停,停下,停一下,等等,等一下,等会,等會,慢着,别说了,別說了,不,不是,不对,不對,不要,不行,打住,安静,安靜,"
     "闭嘴,"
     "閉嘴,够了,夠了,喂,你好,取消,错了,錯了"},
    {"ko", "음,어,아,오,네네",
     "네,예,응,그래,그래요,그렇군요,그렇구나,맞아,맞아요,맞습니다,알겠습니다,알겠어요,알았어,알았어요,좋아요,"
     "좋아,"
     "그렇죠,그쵸,물론이죠,감사합니다",
     "정말,정말요,진짜,진짜요,그래요",
     "잠깐,잠깐만,잠깐만요,잠시만요,기다려,기다려요,멈춰,그만,그만해,아니,아니요,아니오,스톱,조용히,여보세요,"
     "취소"},
    {"hi", "अच्छा,ओह,अरे,हम्म,हूँ,आह",
     "हाँ,हां,जी,जी हाँ,जी हां,हाँ जी,हां जी,ठीक है,ठीक,सही,सही है,बिल्कुल,समझ गया,समझ गई,समझा,बढ़िया,बहुत अच्छा,"
     "ओके,हाँ हाँ,हां हां,अच्छा ठीक है,धन्यवाद,शुक्रिया,haan,ji,theek hai,accha",
     "सच,सच में,वाकई,वाह,अच्छा",
     "रुको,रुकिए,रुकिये,रुक जाओ,बस,नहीं,ना,एक मिनट,एक सेकंड,ठहरो,ठहरिए,चुप,गलत,सुनो,सुनिए,माफ़ कीजिए,हेलो,क्या,nahi,ruko"},
    {"th", "อืม,เออ,อ๋อ,อ้อ,โห",
     "ครับ,ค่ะ,คะ,ใช่,ใช่ครับ,ใช่ค่ะ,ได้,ได้ครับ,ได้ค่ะ,โอเค,โอเคครับ,โอเคค่ะ,เข้าใจ,เข้าใจแล้ว,เข้าใจครับ,เข้าใจค่ะ,ดี,ดีครับ,"
     "ดีค่ะ,ขอบคุณครับ,ขอบคุณค่ะ",
     "จริงเหรอ,จริงหรือ,จริงๆเหรอ",
     "หยุด,หยุดก่อน,เดี๋ยว,เดี๋ยวก่อน,รอก่อน,ไม่,ไม่ใช่,ไม่ครับ,ไม่ค่ะ,พอแล้ว,ขอโทษ,สวัสดี,ฮัลโหล,ยกเลิก"},
    {"ar", "اه,آه,امم,همم,اوه",
     "نعم,ايوه,ايوا,اي,طيب,حسنا,تمام,صح,صحيح,مفهوم,فهمت,ماشي,اكيد,بالتاكيد,بالطبع,جيد,"
     "ممتاز,اوكي,اوك,خلاص تمام,شكرا",
     "حقا,والله,فعلا,معقول",
     "توقف,قف,وقف,انتظر,لحظة,دقيقة,لا,كفي,كفاية,بس,اسكت,خطا,غلط,عفوا,مرحبا,الو,مساعدة,ماذا,الغاء,استني"},
    {"ru", "ну,э,эм,эх,гм,хм,мм,ага угу",
     "да,ага,угу,так,понятно,ясно,хорошо,ладно,конечно,верно,точно,именно,понял,поняла,я понял,я "
     "поняла,отлично,"
     "да да,ну да,окей,ок,правильно,согласен,согласна,спасибо,прекрасно",
     "правда,серьёзно,серьезно,неужели,да ладно,ничего себе,интересно",
     "стоп,стой,стойте,подожди,подождите,погоди,погодите,нет,минутку,минуточку,секунду,пауза,тихо,хватит,"
     "замолчи,неправильно,неверно,извините,алло,помогите,что,отмена"},
});

std::string_view primary(std::string_view language) {
    return language.substr(0, language.find_first_of("-_"));
}

bool is_unspaced(char32_t code) { return is_wide(code) || is_thai(code); }

// Does the item end inside `text` where a word ends? Scripts without blanks have no such places.
bool ends_word(std::string_view text, std::size_t end) {
    return end >= text.size() || text[end] == ' ' || is_unspaced(decode_before(text, end).code);
}

template <typename Visit>
void for_each_item(Items items, const Visit& visit) {
    for (std::size_t at = 0; at < items.size();) {
        const std::size_t end = std::min(items.find(',', at), items.size());
        visit(items.substr(at, end - at));
        at = end + 1;
    }
}

template <typename Visit>
void for_each_language(std::string_view language, const Visit& visit) {
    const auto tag = primary(language);
    visit(universal);
    if (tag == "multi" || tag == "mul") {
        std::for_each(languages.begin(), languages.end(), visit);
        return;
    }
    const auto* found = std::find_if(languages.begin(), languages.end(),
                                     [tag](const ListenerWords& l) { return l.language == tag; });
    visit(found == languages.end() ? languages.front() : *found);
}

bool stands_in(std::string_view text, std::string_view stop) {
    if (is_unspaced(decode(stop, 0).code)) return text.starts_with(stop) || text.ends_with(stop);
    for (std::size_t at = text.find(stop); at != std::string_view::npos; at = text.find(stop, at + 1)) {
        if ((at == 0 || text[at - 1] == ' ') && ends_word(text, at + stop.size())) return true;
    }
    return false;
}

}  // namespace

FoundWord listener_word(std::string_view text, std::string_view language) {
    FoundWord found;
    const auto look = [&](Items items, ListenerWord kind) {
        for_each_item(items, [&](std::string_view item) {
            if (item.size() < found.length || !text.starts_with(item) || !ends_word(text, item.size()))
                return;
            found = {kind, item.size()};
        });
    };
    for_each_language(language, [&](const ListenerWords& list) {
        look(list.sounds, ListenerWord::sound);
        look(list.assents, ListenerWord::assent);
        look(list.wonders, ListenerWord::wonder);
    });
    return found;
}

bool begins_listener_word(std::string_view text, std::string_view language) {
    bool found = false;
    const auto look = [&](Items items) {
        for_each_item(items, [&](std::string_view item) {
            found =
                found || (item.size() > text.size() && item.starts_with(text) && item[text.size()] == ' ');
        });
    };
    for_each_language(language, [&](const ListenerWords& list) {
        look(list.sounds);
        look(list.assents);
        look(list.wonders);
    });
    return found;
}

bool holds_stop_word(std::string_view text, std::string_view language, std::string_view besides) {
    bool found = false;
    for_each_language(language, [&](const ListenerWords& list) {
        for_each_item(list.stops, [&](std::string_view stop) {
            found = found || (stands_in(text, stop) && !stands_in(besides, stop));
        });
    });
    return found;
}

std::span<const ListenerWords> listener_words() { return languages; }

}  // namespace atlas::conversation
