using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace EdgeRecorder.Tests.Api;

/// <summary>How the page is served.</summary>
public sealed partial class PageTests : BoxTest
{
    private Task<HttpResponseMessage> GetAsync(string path, string accept = "", string known = "")
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (accept.Length > 0)
            request.Headers.TryAddWithoutValidation("Accept-Encoding", accept);
        if (known.Length > 0)
            request.Headers.TryAddWithoutValidation("If-None-Match", known);
        return Box.Anonymous.SendAsync(request);
    }

    [Fact]
    public async Task The_document_is_there_for_everybody_and_is_asked_for_each_time()
    {
        using var answer = await GetAsync("/");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/html", answer.Content.Headers.ContentType?.MediaType);
        Assert.True(answer.Headers.CacheControl!.NoStore);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("no-referrer", answer.Headers.GetValues("Referrer-Policy").Single());
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_in_the_document_comes_from_elsewhere_or_stands_inline()
    {
        var document = await DocumentAsync();
        var addresses = Addresses().Matches(document).Select(m => m.Groups[1].Value).ToArray();
        Assert.NotEmpty(addresses);
        Assert.All(addresses, address => Assert.StartsWith("/", address, StringComparison.Ordinal));
        Assert.DoesNotContain("//", string.Concat(addresses), StringComparison.Ordinal);
        Assert.DoesNotMatch("<style|style=|onload=|<script(?![^>]*src=)", document);
    }

    [Fact]
    public async Task Assets_carry_their_hash_and_are_kept_for_ever()
    {
        var document = await DocumentAsync();
        var assets = Addresses().Matches(document).Select(m => m.Groups[1].Value).Where(a => a.StartsWith("/assets/", StringComparison.Ordinal)).ToArray();
        Assert.Contains(assets, a => a.EndsWith(".js", StringComparison.Ordinal));
        Assert.Contains(assets, a => a.EndsWith(".css", StringComparison.Ordinal));
        foreach (var asset in assets)
        {
            using var answer = await GetAsync(asset);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Matches(@"-[A-Za-z0-9_-]{8}\.(js|css)$", asset);
            Assert.Contains("immutable", answer.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
            using var again = await GetAsync(asset, known: answer.Headers.ETag!.ToString());
            Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
        }
    }

    [Fact]
    public async Task The_page_is_sent_compressed_and_who_does_not_take_that_is_told()
    {
        var expected = await DocumentAsync();
        Assert.StartsWith("<!doctype html>", expected, StringComparison.Ordinal);
        foreach (var encodings in (string[])["", "gzip;q=0.5, br;q=0", "gzip, deflate, br", "*"])
        {
            using var answer = await GetAsync("/", encodings);
            Assert.Equal(["gzip"], answer.Content.Headers.ContentEncoding);
            Assert.Equal(expected, await TextAsync(new GZipStream(await answer.Content.ReadAsStreamAsync(), CompressionMode.Decompress)));
        }
        foreach (var encodings in (string[])["identity", "br", "deflate, gzip;q=0"])
            Assert.Contains("gzip", await GetAsync("/", encodings).ProblemAsync((int)HttpStatusCode.NotAcceptable), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_lock_file_names_no_place_to_download_from()
        => Assert.DoesNotMatch("\"resolved\"|https?://[^\"]*(registry|\\.tgz)", await File.ReadAllTextAsync(Repository.Path("src/EdgeRecorder/Web/package-lock.json")));

    private async Task<string> DocumentAsync()
    {
        using var answer = await GetAsync("/");
        return await TextAsync(new GZipStream(await answer.Content.ReadAsStreamAsync(), CompressionMode.Decompress));
    }

    private static async Task<string> TextAsync(Stream stream)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync();
    }

    [GeneratedRegex("(?:src|href)=\"([^\"]+)\"")]
    private static partial Regex Addresses();
}
