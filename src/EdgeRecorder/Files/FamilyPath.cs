using System.Text;

namespace EdgeRecorder.Files;

/// <summary>
/// A place below a family's folder, made of what a client wrote. Clients of the published families name paths of the host they think they run on; here
/// such a path is a label: it is read into names, and no name can lead out of the folder. Nothing else makes one of these.
/// </summary>
internal sealed class FamilyPath
{
    public const int LongestName = 255, LongestPath = 1024;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string[] _names;

    private FamilyPath(string family, string[] names) => (Family, _names) = (family, names);

    public string Family { get; }

    /// <summary>Folders and, last, the file.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>Below the family's folder, with slashes.</summary>
    public string Relative => string.Join('/', _names);

    /// <summary>Below `storage.root`: how the ledger names it.</summary>
    public string InRoot => $"files/{Family}/{Relative}";

    /// <summary>Reads a label. Separators are `/` and `\`; drive (`C:`), UNC prefix (`\\server\share`), root and `.` are dropped, and so is <paramref name="root"/> in front.</summary>
    /// <returns>Null: it is refused, and <paramref name="why"/> says for what.</returns>
    public static FamilyPath? Read(string family, string label, string root, out string why)
    {
        var names = Split(label, root);
        why = Refusal(names) ?? "";
        return why.Length == 0 ? new FamilyPath(family, names) : null;
    }

    /// <summary>Looks at a label that still has macros in it: what is refused in it will be refused with any values.</summary>
    public static string? Refusal(string label, string root) => Refusal(Split(label, root));

    /// <summary>What a macro stands for, as part of one name: it can neither begin a folder nor be one of the names with a meaning.</summary>
    public static string Value(string value)
    {
        if (value is "." or "..")
            return "_";
        return string.Create(value.Length, value, static (target, source) =>
        {
            for (var i = 0; i < target.Length; i++)
                target[i] = char.IsControl(source[i]) || source[i] is '/' or '\\' or ':' or '*' or '?' or '"' or '<' or '>' or '|' ? '_' : source[i];
        });
    }

    /// <summary>The place with `_1`, `_2` … before the extension: for a name that is taken.</summary>
    public FamilyPath Beside(int number)
    {
        var (stem, extension) = (_names[^1], "");
        var dot = stem.LastIndexOf('.');
        if (dot > 0 && stem.Length - dot <= 16)
            (stem, extension) = (stem[..dot], stem[dot..]);
        var suffix = $"_{number}";
        while (stem.Length > 0 && Encoding.UTF8.GetByteCount(stem) + suffix.Length + Encoding.UTF8.GetByteCount(extension) > LongestName)
            stem = stem[..^(stem.Length > 1 && char.IsLowSurrogate(stem[^1]) ? 2 : 1)];
        return new FamilyPath(Family, [.. _names[..^1], stem + suffix + extension]);
    }

    /// <summary>Another name in the same folder.</summary>
    /// <param name="name">One of ours, not a client's.</param>
    public FamilyPath Sibling(string name) => new(Family, [.. _names[..^1], name]);

    public override string ToString() => Relative;

    private static string[] Split(string label, string root)
    {
        var isUnc = label.StartsWith(@"\\", StringComparison.Ordinal);
        var path = label.Replace('\\', '/');
        root = root.TrimEnd('/');
        if (root.Length > 0 && path.StartsWith(root, StringComparison.Ordinal) && (path.Length == root.Length || path[root.Length] == '/'))
            path = path[root.Length..];
        var names = path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(static name => name != ".").ToList();
        if (isUnc && names is ["?", ..])                    // \\?\C:\x, \\?\UNC\server\share\x; of \\.\C:\x the point is gone already
        {
            names.RemoveAt(0);
            isUnc = names is ["UNC", ..];
            if (isUnc)
                names.RemoveAt(0);
        }
        else
            isUnc &= !label.StartsWith(@"\\.\", StringComparison.Ordinal);
        // A server's name that is none is a reason to refuse, not a piece to drop.
        if (isUnc && names is [not "..", not "..", ..])
            names.RemoveRange(0, 2);
        while (names is [[>= 'A' and <= 'Z' or >= 'a' and <= 'z', ':', .. var rest], ..])
            if (rest is "" or ".")
                names.RemoveAt(0);
            else
                names[0] = rest;                            // C:x
        return [.. names];
    }

    private static string? Refusal(string[] names)
    {
        if (names.Length == 0)
            return "names no file";
        var length = names.Length - 1;
        foreach (var name in names)
        {
            if (name == "..")
                return "leads upwards";
            foreach (var c in name)
                if (char.IsControl(c))
                    return "has a control character";
            if (Bytes(name) is not { } bytes)
                return "is not Unicode text";
            if (bytes > LongestName)
                return $"has a name longer than {LongestName} bytes";
            length += bytes;
        }
        return length > LongestPath ? $"is longer than {LongestPath} bytes" : null;
    }

    private static int? Bytes(string name)
    {
        try
        {
            return Strict.GetByteCount(name);
        }
        catch (EncoderFallbackException)
        {
            return null;                                    // half a surrogate pair
        }
    }
}
