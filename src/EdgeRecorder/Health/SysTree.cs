using System.Globalization;

namespace EdgeRecorder.Health;

/// <summary>
/// The kernel's view of the hardware in small files. What is not there, or does not answer, is null: drivers differ in what they have, and some ask a device that sleeps.
/// </summary>
/// <param name="Path">Where sysfs is mounted.</param>
/// <param name="Reports">Where `edge-recorder-disks.service` puts what the disks say of their health.</param>
internal sealed record SysTree(string Path = "/sys", string Reports = "/run/edge-recorder-disks")
{
    public string File(params ReadOnlySpan<string> names) => System.IO.Path.Combine([Path, .. names]);

    public static string? Text(string folder, string name)
    {
        try
        {
            var text = System.IO.File.ReadAllText(System.IO.Path.Combine(folder, name)).Trim();
            return text.Length > 0 ? text : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>A decimal number, or a hexadecimal one behind 0x.</summary>
    public static long? Number(string folder, string name) => Number(Text(folder, name));

    public static long? Number(string? text)
        => text is null ? null
            : text.StartsWith("0x", StringComparison.Ordinal) ? long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex) ? hex : null
            : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>Folders of that pattern, sorted; none when the parent is not there.</summary>
    public static IEnumerable<string> Folders(string parent, string pattern)
        => Directory.Exists(parent) ? Directory.EnumerateDirectories(parent, pattern).Order(StringComparer.Ordinal) : [];
}
