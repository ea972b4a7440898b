using Microsoft.Net.Http.Headers;

namespace EdgeRecorder.Api;

/// <summary>The page: one document at the root and its assets, for everybody; what it shows it asks of the API with its user's rights.</summary>
internal static class PageEndpoints
{
    /// <summary>
    /// What the page may do: scripts and styles of this box, requests to this box, media from it or from memory (Media Source Extensions have blob: addresses). Nothing inline,
    /// nothing evaluated, nobody's frame.
    /// </summary>
    public const string ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; media-src 'self' blob:; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void MapPage(this IEndpointRouteBuilder routes)
    {
        foreach (var file in PageFiles.All)
        {
            Map(routes, $"/{file.Path}", file);
            if (file.Path == "index.html")
                Map(routes, "/", file);
        }
    }

    private static void Map(IEndpointRouteBuilder routes, string path, PageFile file)
        => routes.MapMethods(path, ["GET", "HEAD"], (HttpContext context) => SendAsync(file, context)).AllowAnonymous().ExcludeFromDescription();

    private static async Task SendAsync(PageFile file, HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        var headers = response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.Vary = "Accept-Encoding";
        // The document names the assets of its own version, so it is asked for each time; an asset of a name never changes.
        headers.CacheControl = file.IsImmutable ? "public, max-age=31536000, immutable" : file.Path == "index.html" ? "no-store" : "no-cache";
        var tag = new EntityTagHeaderValue($"\"{file.Tag}\"");
        headers.ETag = tag.ToString();
        if (request.GetTypedHeaders().IfNoneMatch.Any(known => known.Compare(tag, useStrongComparison: false)))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        if (!TakesGzip(request))
        {
            await Problems.Of(StatusCodes.Status406NotAcceptable, "the page is kept compressed: let Accept-Encoding allow gzip").ExecuteAsync(context);
            return;
        }
        response.ContentType = file.ContentType;
        headers.ContentEncoding = "gzip";
        response.ContentLength = file.Gzip.Length;
        if (!HttpMethods.IsHead(request.Method))
            await response.BodyWriter.WriteAsync(file.Gzip, context.RequestAborted);
    }

    /// <summary>RFC 9110 section 12.5.3: who says nothing takes everything.</summary>
    private static bool TakesGzip(HttpRequest request)
    {
        var accepted = request.GetTypedHeaders().AcceptEncoding;
        return accepted.Count == 0 || (accepted.FirstOrDefault(a => a.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase)) is { } named ? named.Quality is not 0
            : accepted.Any(a => a.Value == "*" && a.Quality is not 0));
    }
}
