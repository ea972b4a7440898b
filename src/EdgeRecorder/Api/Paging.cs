using System.Globalization;

namespace EdgeRecorder.Api;

/// <summary><c>?limit&amp;after</c> and <c>Link: rel=next</c>: a collection is a plain array, its next page is where the header says.</summary>
internal static class Paging
{
    private const int Usual = 100, Most = 1000;

    /// <summary>Null and the limit, or what is wrong.</summary>
    public static string? ReadLimit(string? text, out int limit)
    {
        limit = Usual;
        return text is null || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= Most)
            ? null : $"limit: \"{text}\" is not a number from 1 to {Most}";
    }

    /// <summary>Cuts what was read with one item more than asked for, and links to the next page when there is one.</summary>
    public static T[] Page<T>(HttpContext context, IEnumerable<T> oneMore, int limit, Func<T, string> id)
    {
        var items = oneMore.Take(limit + 1).ToArray();
        if (items.Length <= limit)
            return items;
        var rest = context.Request.Query.Where(q => q.Key is not ("after" or "limit")).Select(q => $"{Uri.EscapeDataString(q.Key)}={Uri.EscapeDataString(q.Value.ToString())}&");
        context.Response.Headers.Link = $"<{context.Request.Path}?{string.Concat(rest)}limit={limit}&after={Uri.EscapeDataString(id(items[limit - 1]))}>; rel=\"next\"";
        return items[..limit];
    }
}
