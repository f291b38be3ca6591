#include "listen_url.hpp"

namespace atlas::providers::deepgram {

std::string listen_url(const DeepgramSettings& settings, std::string_view path,
                       const net::QueryParameters& parameters) {
    std::string error;
    auto url = net::parse_url(settings.base_url, error);
    if (!url) return {};  // validate() has said so
    url->scheme = url->tls() ? "wss" : "ws";
    std::string target = url->path();
    while (target.ends_with('/')) target.pop_back();
    url->target = target + std::string(path);
    return net::with_query(url->text(), parameters);
}

void add_common_parameters(const DeepgramSettings& settings, net::QueryParameters& parameters) {
    for (const std::string& term : settings.keyterms) parameters.emplace_back("keyterm", term);
    if (settings.mip_opt_out) parameters.emplace_back("mip_opt_out", "true");
    if (!settings.tag.empty()) parameters.emplace_back("tag", settings.tag);
}

}  // namespace atlas::providers::deepgram
