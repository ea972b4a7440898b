using System.Text.Json;
using EdgeRecorder.Export;
using EdgeRecorder.MediaWorker;

namespace EdgeRecorder.Api.Axxon;

/// <summary>
/// The body of an export request. Member names without regard to case, unknown ones ignored; what is wrong is named by its member. Picture work that this box cannot do is
/// refused where it hides something (crop, masks) and left out with a warning where it only saves space.
/// </summary>
internal static class AxxonBody
{
    private const int LongestTimeFormat = 128, LongestComment = 1024;
    private const double LeastFileBytes = 65_536;

    private static readonly JsonDocumentOptions Tolerant = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, MaxDepth = 16 };

    /// <summary>Null and the wish, or what is wrong.</summary>
    public static string? Read(ReadOnlyMemory<byte> body, ExportNames names, ExportAbility ability, out ExportWish? wish)
    {
        wish = null;
        if (body.Span.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
            body = body[3..];
        try
        {
            using var document = JsonDocument.Parse(body, Tolerant);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                return "body: is not a JSON object";
            var members = new Dictionary<string, JsonElement>(StringComparer.OrdinalIgnoreCase);
            foreach (var member in document.RootElement.EnumerateObject())
                if (member.Value.ValueKind != JsonValueKind.Null)
                    members[member.Name] = member.Value;
            wish = Read(members, names, ability);
            return ability.Refusal(wish);
        }
        catch (JsonException e)
        {
            return $"body: is not JSON: {e.Message}";
        }
        catch (WrongMemberException e)
        {
            return e.Message;
        }
    }

    private static ExportWish Read(Dictionary<string, JsonElement> members, ExportNames names, ExportAbility ability)
    {
        var word = Text(members, "format", 16) ?? throw new WrongMemberException("format", "is missing");
        var format = ExportTypes.Read(word) is { } known and not MediaFormat.Ts ? known
            : throw new WrongMemberException("format", word.Equals("exe", StringComparison.OrdinalIgnoreCase) ? "this recorder makes no programs" : $"\"{word}\" is not mp4, mkv, avi, jpg or pdf");
        var warnings = new List<string>();
        var isPicture = format is MediaFormat.Jpg or MediaFormat.Pdf;
        var color = Text(members, "color", 7) ?? "#FFFFFF";
        if (color.Length != 7 || color[0] != '#' || !color.AsSpan(1).ContainsOnlyHex())
            throw new WrongMemberException("color", "is not #RRGGBB");
        var wish = new ExportWish
        {
            Format = format, Names = names, Color = color, IsNextPicture = isPicture,
            Comment = Text(members, "comment", LongestComment) ?? "",
            TimeFormat = Text(members, "tsformat", LongestTimeFormat) ?? "%Y-%b-%d %H:%M:%S",
            MaxFileBytes = FileBytes(members),
            VideoQuality = Able("vc", Whole(members, "vc", 6), isPicture, () => ability.CanEncode, warnings),
            AudioQuality = Able("ac", Whole(members, "ac", 6), isPicture, () => ability.HasWorker, warnings),
            KeepOneOf = 1 << Able("freq", Whole(members, "freq", 3), isPicture, () => ability.CanEncode, warnings),
            Crop = AxxonArea.Crop(members), Masks = AxxonArea.Masks(members),
            Page = new MediaPage(Whole(members, "layout", 1) == 1, AxxonArea.Place(members, "snapshotplace", 0.05, 0.05, 0.95, 0.70), AxxonArea.Place(members, "commentplace", 0.05, 0.80, 0.95, 0.95),
                AxxonArea.Place(members, "tsplace", 0.05, 0.72, 0.95, 0.78)),
        };
        return wish with { Page = format == MediaFormat.Pdf ? wish.Page : null, Warnings = warnings };
    }

    private static int Able(string member, int value, bool isPicture, Func<bool> isAble, List<string> warnings)
    {
        if (value == 0 || isPicture || isAble())
            return value;
        warnings.Add($"{member}: this recorder has nothing to encode with; copied as it was recorded");
        return 0;
    }

    private static long FileBytes(Dictionary<string, JsonElement> members)
    {
        if (!members.TryGetValue("maxfilesize", out var element))
            return 0;
        if (element.ValueKind != JsonValueKind.Number || !element.TryGetDouble(out var bytes) || !(bytes is >= 0 and <= 1e15))
            throw new WrongMemberException("maxfilesize", "is not a number of bytes");
        return bytes == 0 ? 0 : (long)Math.Max(bytes, LeastFileBytes);
    }

    /// <summary>0 when it is missing.</summary>
    private static int Whole(Dictionary<string, JsonElement> members, string name, int most)
    {
        if (!members.TryGetValue(name, out var element))
            return 0;
        return element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out var value) && value >= 0 && value <= most && double.IsInteger(value) ? (int)value
            : throw new WrongMemberException(name, $"is not a whole number from 0 to {most}");
    }

    private static string? Text(Dictionary<string, JsonElement> members, string name, int most)
    {
        if (!members.TryGetValue(name, out var element))
            return null;
        if (element.ValueKind != JsonValueKind.String)
            throw new WrongMemberException(name, "is not text");
        string text;
        try
        {
            text = element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new WrongMemberException(name, "is not Unicode text");       // half a surrogate pair
        }
        return text.Length <= most ? text : throw new WrongMemberException(name, $"has more than {most} characters");
    }

    private static bool ContainsOnlyHex(this ReadOnlySpan<char> text)
    {
        foreach (var c in text)
            if (!char.IsAsciiHexDigit(c))
                return false;
        return true;
    }
}

/// <summary>A member of a request that cannot be meant; the message begins with its name.</summary>
internal sealed class WrongMemberException(string member, string what) : Exception($"{member}: {what}");
