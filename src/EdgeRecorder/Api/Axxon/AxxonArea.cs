using System.Text.Json;

namespace EdgeRecorder.Api.Axxon;

/// <summary>The family's areas: points [x, y] in fractions of the picture or page, origin upper left.</summary>
internal static class AxxonArea
{
    /// <summary>Null: the whole picture.</summary>
    public static double[]? Crop(Dictionary<string, JsonElement> members)
        => members.TryGetValue("croparea", out var element) && Box("croparea", element) is not [0, 0, 1, 1] and var crop ? crop : null;

    public static double[] Place(Dictionary<string, JsonElement> members, string name, params double[] usual)
        => members.TryGetValue(name, out var element) ? Box(name, element) : usual;

    /// <summary>At least three points and one that closes the polygon. Null: none.</summary>
    public static double[][][]? Masks(Dictionary<string, JsonElement> members)
    {
        if (!members.TryGetValue("maskspace", out var element))
            return null;
        if (element.ValueKind != JsonValueKind.Array)
            throw new WrongMemberException("maskspace", "is not a list of polygons");
        var masks = element.EnumerateArray().Select(polygon => Points("maskspace", polygon)).ToArray();
        foreach (var polygon in masks)
            if (polygon.Length < 4 || !polygon[..^1].Any(point => point[0] == polygon[^1][0] && point[1] == polygon[^1][1]))
                throw new WrongMemberException("maskspace", "a polygon needs three points and one more that is equal to one of them");
        return masks.Length == 0 ? null : masks;
    }

    private static double[] Box(string name, JsonElement element)
    {
        if (Points(name, element) is not [var one, var other])
            throw new WrongMemberException(name, "is not two points");
        double[] box = [Math.Min(one[0], other[0]), Math.Min(one[1], other[1]), Math.Max(one[0], other[0]), Math.Max(one[1], other[1])];
        return box[2] > box[0] && box[3] > box[1] ? box : throw new WrongMemberException(name, "has no area");
    }

    private static double[][] Points(string name, JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Array)
            throw new WrongMemberException(name, "is not a list of points");
        return [.. element.EnumerateArray().Select(point =>
            point.ValueKind == JsonValueKind.Array && point.GetArrayLength() == 2 && Fraction(point[0]) is { } x && Fraction(point[1]) is { } y
                ? new[] { x, y } : throw new WrongMemberException(name, "a point is not [x, y] with fractions from 0 to 1"))];
    }

    private static double? Fraction(JsonElement element) => element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out var value) && value is >= 0 and <= 1 ? value : null;
}
