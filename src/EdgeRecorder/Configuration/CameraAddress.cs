using System.Globalization;

namespace EdgeRecorder.Configuration;

/// <summary>What a channel of a local camera is to be encoded as.</summary>
internal enum CameraCodec { Any, H264, H265 }

/// <summary>A camera of the box itself: <c>v4l2:///dev/video0?width=1280&amp;height=720&amp;fps=25&amp;bitrate=4M&amp;gop=50&amp;codec=h264&amp;input=0</c>. What is left out, camera and recorder decide.</summary>
/// <param name="Device">Path of its node, or of a link to it: numbers change with the order in which devices are found, /dev/v4l/by-path and by-id do not.</param>
/// <param name="Input">Number of a grabber's socket.</param>
internal sealed record CameraAddress(
    string Device, int? Width = null, int? Height = null, int? FramesPerSecond = null, int? BitsPerSecond = null, int? GopPictures = null, CameraCodec Codec = CameraCodec.Any, int? Input = null)
{
    public const string Scheme = "v4l2";

    private const string Keys = "width, height, fps, bitrate, gop, codec, input";

    public static bool IsOne(string address) => address.StartsWith($"{Scheme}:", StringComparison.OrdinalIgnoreCase);

    /// <summary>Null, and what is wrong with the address.</summary>
    public static CameraAddress? Read(string text, out string? why)
    {
        var rest = IsOne(text) ? text[(Scheme.Length + 1)..] : "";
        var query = rest.IndexOf('?', StringComparison.Ordinal);
        var path = Uri.UnescapeDataString(query < 0 ? rest : rest[..query]);
        why = !path.StartsWith("///", StringComparison.Ordinal) ? "names no device of this box; write v4l2:///dev/video0"
            : !path.StartsWith("///dev/", StringComparison.Ordinal) || path.Split('/').Contains("..") || path.Length > 200 || path[^1] == '/' || path.Any(char.IsControl) ? "names no device below /dev"
            : null;
        var address = new CameraAddress(why is null ? path[2..] : "");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var setting in query < 0 ? [] : rest[(query + 1)..].Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (key, value) = setting.Split('=', 2) is [var k, var v] ? (k, Uri.UnescapeDataString(v)) : (setting, "");
            why ??= seen.Add(key) ? address.Set(key, value, out address) : $"says {key} twice";
        }
        why ??= address.Width is null != address.Height is null ? "needs width and height, or none of them" : null;
        return why is null ? address : null;
    }

    private string? Set(string key, string value, out CameraAddress changed)
    {
        changed = this;
        var number = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var read) ? read : -1;
        switch (key)
        {
            case "width" or "height" when number is < 16 or > 8192:
                return $"has a {key} that is not 16 to 8192";
            case "width":
                changed = this with { Width = number };
                return null;
            case "height":
                changed = this with { Height = number };
                return null;
            case "fps":
                changed = this with { FramesPerSecond = number };
                return number is < 1 or > 240 ? "has an fps that is not 1 to 240" : null;
            case "gop":
                changed = this with { GopPictures = number };
                return number is < 1 or > 600 ? "has a gop that is not 1 to 600 pictures" : null;
            case "input":
                changed = this with { Input = number };
                return number is < 0 or > 63 ? "has an input that is not 0 to 63" : null;
            case "bitrate":
                changed = this with { BitsPerSecond = BitRate(value) };
                return changed.BitsPerSecond is null ? "has a bitrate that is not 32k to 200M (bit/s: 800k, 4M, 4000000)" : null;
            case "codec":
                changed = this with { Codec = value switch { "h264" => CameraCodec.H264, "h265" => CameraCodec.H265, _ => CameraCodec.Any } };
                return changed.Codec == CameraCodec.Any ? "has a codec that is not h264 or h265" : null;
            default:
                return $"has no setting \"{key}\"; there are {Keys}";
        }
    }

    private static int? BitRate(string value)
    {
        var (digits, unit) = value is [.. var k, 'k' or 'K'] ? (k, 1000) : value is [.. var m, 'M'] ? (m, 1_000_000) : (value, 1);
        return double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number * unit is >= 32_000 and <= 200_000_000 and var bits ? (int)bits : null;
    }
}
