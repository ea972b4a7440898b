using System.Collections.Frozen;
using System.Reflection;
using System.Security.Cryptography;

namespace EdgeRecorder.Api;

/// <summary>A file of the page as it is embedded: compressed with gzip, nowhere as itself.</summary>
/// <param name="Path">As browsers ask for it, below the root: <c>assets/index-1a2b3c4d.js</c>.</param>
/// <param name="Tag">An entity tag of the content, without quotes.</param>
internal sealed record PageFile(string Path, string ContentType, string Tag, byte[] Gzip)
{
    /// <summary>Its name holds the hash of its content, so that it never changes.</summary>
    public bool IsImmutable => Path.StartsWith("assets/", StringComparison.Ordinal);
}

/// <summary>What Page.targets embedded.</summary>
internal static class PageFiles
{
    private const string Prefix = "page/";
    private const string Gzip = ".gz";

    private static readonly FrozenDictionary<string, string> ContentTypes = new Dictionary<string, string>
    {
        [".html"] = "text/html; charset=utf-8", [".js"] = "text/javascript; charset=utf-8", [".css"] = "text/css; charset=utf-8", [".svg"] = "image/svg+xml",
    }.ToFrozenDictionary();

    public static IReadOnlyList<PageFile> All { get; } = Read(typeof(PageFiles).Assembly);

    private static List<PageFile> Read(Assembly assembly)
    {
        List<PageFile> files = [];
        foreach (var name in assembly.GetManifestResourceNames())
        {
            if (!name.StartsWith(Prefix, StringComparison.Ordinal) || !name.EndsWith(Gzip, StringComparison.Ordinal))
                continue;
            var path = name[Prefix.Length..^Gzip.Length];
            var gzip = Bytes(assembly, name);
            files.Add(new(path, ContentTypes[Path.GetExtension(path)], Convert.ToHexStringLower(SHA256.HashData(gzip).AsSpan(0, 8)), gzip));
        }
        return files.Exists(f => f.Path == "index.html") ? files : throw new InvalidOperationException("The program was built without its page (src/EdgeRecorder/Page.targets).");
    }

    private static byte[] Bytes(Assembly assembly, string name)
    {
        using var stream = assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"The program was built without {name}.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
