#include "abbreviations.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace atlas::conversation {
namespace {

using Words = std::string_view;  // with one blank between them and round them

struct Table {
    std::string_view language;
    Words inside;
    Words before_number;
    Words may_end;
    Words beginners;
};

constexpr auto tables = std::to_array<Table>({
    {"en",
     " mr mrs ms mx dr prof vs rev hon gen col sgt capt cmdr lt gov sen rep pres supt messrs mmes approx "
     "dept fr mt ft e.g i.e cf viz ca incl excl tel ext avg ",
     " no nos est p pp fig figs vol ch sec art par ed jan feb mar apr jun jul aug sep sept oct nov dec nr "
     "ver rm ",
     " etc st inc ltd co corp llc jr sr al bros esq ave blvd rd hwy apt bldg hr hrs lb lbs oz yd ",
     " the a an it i we you he she they this that these those there here if when while in on at for from but "
     "and so or what which who how why would could should shall will can may do does did is are was were "
     "have "
     "has your my our his her their its let let's please then also however after before now no yes ok okay "
     "as to not with it's i'm i'll i've you're you'll we're we'll we've they're that's there's here's what's "
     "just once until any all each some most both "},
    {"de",
     " hr hrn fr dr prof dipl ing st z.b d.h u.a o.ä s.o s.u z.t i.d.r m.e v.a u.u bzw ca evtl ggf inkl "
     "exkl zzgl vgl sog bspw geb gest tel allg versch jhd str dr.med ",
     " nr max min art abs s bd kap jan feb mär apr jun jul aug sep sept okt nov dez mo di mi do fr sa so ",
     " usw etc u.s.w co bzgl ",
     " der die das ein eine einen einer es ich wir sie er du ihr in im an am auf für und aber oder wenn was "
     "wer wie wo warum dann danach hier da dort dies diese dieser dieses man mit nach bei von zu zum zur ja "
     "nein bitte möchten können haben ist sind "},
    {"fr", " m mm mme mmes mlle mlles dr pr st ste p.ex c.-à-d c.à.d cf env av boul bd tél resp incl ",
     " n no art p pp vol chap fig janv févr avr juil sept oct nov déc ", " etc cie ",
     " le la les l un une des il elle on nous vous je tu ils elles ce c cela ça cette ces dans en à au aux "
     "pour et mais ou si quand que qui quoi comment pourquoi est sont avez voulez pouvez puis alors ensuite "
     "d j oui non "},
    {"es",
     " sr sra sres sras srta dr dra d dña prof profa gral lic ing arq ud uds vd vds p.ej p.e aprox av avda "
     "dpto tel ",
     " núm n no pág págs art vol cap fig ene feb mar abr may jun jul ago sep sept oct nov dic ",
     " etc cía s.a s.l ee.uu ",
     " el la los las lo un una unos unas es son esto este esta estos estas yo tú usted ustedes él ella "
     "nosotros en a al para por con y pero o si cuando qué que quién cómo dónde luego entonces después "
     "también hay le me te se sí no "},
    {"it",
     " sig sigg sig.ra sig.na dott dott.ssa dr prof prof.ssa avv ing arch geom rag p.es es ca cfr tel "
     "spett egr gent ",
     " n nr art pag pagg vol cap fig gen feb mar apr mag giu lug ago set sett ott nov dic ",
     " ecc s.p.a s.r.l c.so v.le ",
     " il lo la i gli le l un uno una è sono questo questa questi queste io tu lei lui noi voi loro in a al "
     "per con e ma o se quando che chi come dove perché poi allora dopo anche c ci mi ti si sì no "},
    {"pt", " sr sra srs sras srta dr dra d prof profa eng exmo exma v.exa p.ex aprox av tel ",
     " n nº no pág págs art vol cap fig jan fev mar abr mai jun jul ago set out nov dez ",
     " etc ltda cia s.a ",
     " o a os as um uma uns umas é são isto este esta isso esse essa eu tu você vocês ele ela nós eles em no "
     "na para por com e mas ou se quando que quem como onde depois então também há não sim "},
    {"nl",
     " dhr mevr mw mr dr drs ing prof st bijv bv b.v d.w.z o.a m.b.t t.a.v i.p.v ca evt incl excl vgl tel ",
     " nr max min blz p art vol afb jan feb mrt apr jun jul aug sep sept okt nov dec ", " enz etc e.d n.v ",
     " de het een dit dat deze die ik wij we u jij je hij zij ze in op aan voor en maar of als wanneer wat "
     "wie hoe waar waarom dan daarna hier daar met naar bij van ja nee is zijn "},
    {"ru", " г гг ул д кв пр т.е т.д т.п т.к и.о им см ср г-н г-жа проф др ", " стр рис гл ст тел ",
     " др т.д т.п ", " я мы вы он она они это этот эта в на и но а если когда что кто как где "},
    {"pl", " dr prof inż mgr p np m.in tzn tzw ul św płk ", " nr str tel poz ", " itd itp ",
     " ja my on ona to ten ta w na i ale a jeśli kiedy co kto jak gdzie czy "},
    {"sv", " dr prof t.ex bl.a d.v.s ca fr hr kl ", " nr s kap tel ", " osv m.m m.fl etc ",
     " det den de en ett jag vi du ni han hon i på och men om när vad vem hur var "},
});

constexpr auto ordinal_languages =
    std::to_array<std::string_view>({"de", "da", "nb", "nn", "no", "fi", "cs", "sk", "pl", "hu", "hr", "sr",
                                     "bs", "sl", "et", "lv", "is", "tr"});

constexpr Words ordinal_months =
    " januar jänner februar märz april mai juni juli august september oktober november dezember ";

bool holds(Words words, std::string_view word) {
    for (std::size_t at = words.find(word); at != Words::npos; at = words.find(word, at + 1)) {
        if (at > 0 && words[at - 1] == ' ' && words[at + word.size()] == ' ') return true;
    }
    return false;
}

std::string_view primary(std::string_view language) {
    return language.substr(0, language.find_first_of("-_"));
}

// The table of the language, or all of them.
std::span<const Table> tables_for(std::string_view language) {
    const auto found =
        std::find_if(tables.begin(), tables.end(),
                     [tag = primary(language)](const Table& table) { return table.language == tag; });
    if (found == tables.end()) return tables;
    return {&*found, 1};
}

}  // namespace

Abbreviation abbreviation(std::string_view word, std::string_view language) {
    if (word.empty()) return Abbreviation::none;
    const auto chosen = tables_for(language);
    const auto any = [&](Words Table::*words) {
        return std::any_of(chosen.begin(), chosen.end(),
                           [&](const Table& table) { return holds(table.*words, word); });
    };
    // The weaker claims first: in all languages together "no" and "fr" mean several things.
    if (any(&Table::before_number) && chosen.size() > 1) return Abbreviation::before_number;
    if (any(&Table::inside)) return Abbreviation::inside;
    if (any(&Table::before_number)) return Abbreviation::before_number;
    return any(&Table::may_end) ? Abbreviation::may_end : Abbreviation::none;
}

bool begins_sentence(std::string_view word, std::string_view language) {
    if (word.empty()) return false;
    const auto chosen = tables_for(language);
    return std::any_of(chosen.begin(), chosen.end(),
                       [&](const Table& table) { return holds(table.beginners, word); });
}

bool writes_ordinals_with_stop(std::string_view language) {
    return std::find(ordinal_languages.begin(), ordinal_languages.end(), primary(language)) !=
           ordinal_languages.end();
}

bool is_month_after_ordinal(std::string_view word) { return !word.empty() && holds(ordinal_months, word); }

}  // namespace atlas::conversation
