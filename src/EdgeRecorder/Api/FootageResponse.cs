using System.Globalization;
using EdgeRecorder.Playback;
using Microsoft.Net.Http.Headers;

namespace EdgeRecorder.Api;

/// <summary>A file out of the ring as an answer, whole or in part.</summary>
internal static class FootageResponse
{
    /// <summary>RFC 9110 section 14: one range is honoured, several or a syntax we do not know get the whole, one beyond the end gets 416.</summary>
    public static async Task<IResult> SendAsync(IFootageDownload download, string disposition, string name, HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        var tag = new EntityTagHeaderValue($"\"{download.EntityTag}\"");
        response.Headers.AcceptRanges = "bytes";
        response.Headers.ETag = tag.ToString();
        if (request.GetTypedHeaders().IfNoneMatch.Any(known => known.Compare(tag, useStrongComparison: false)))
            return TypedResults.StatusCode(StatusCodes.Status304NotModified);
        var (offset, count) = (0L, download.Length);
        if (RangeOf(request, tag) is { } asked)
        {
            (offset, count) = Clip(asked, download.Length);
            if (count <= 0)
            {
                response.Headers.ContentRange = $"bytes */{download.Length.ToString(CultureInfo.InvariantCulture)}";
                return Problems.Of(StatusCodes.Status416RangeNotSatisfiable, $"Range: the file has {download.Length} bytes");
            }
            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = new ContentRangeHeaderValue(offset, offset + count - 1, download.Length).ToString();
        }
        response.ContentType = "video/mp4";
        response.ContentLength = count;
        response.Headers.ContentDisposition = new ContentDispositionHeaderValue(disposition) { FileName = name }.ToString();
        if (!HttpMethods.IsHead(request.Method))
            await download.CopyAsync(response.BodyWriter, offset, count, context.RequestAborted);
        return TypedResults.Empty;
    }

    private static RangeItemHeaderValue? RangeOf(HttpRequest request, EntityTagHeaderValue tag)
    {
        var headers = request.GetTypedHeaders();
        if (headers.Range is not { Ranges.Count: 1 } range || range.Unit != "bytes")
            return null;
        // If-Range with another tag, or with a date, which we never hand out: the whole.
        var condition = headers.IfRange;
        return condition is null || (condition.EntityTag is { } known && known.Compare(tag, useStrongComparison: true)) ? range.Ranges.First() : null;
    }

    private static (long Offset, long Count) Clip(RangeItemHeaderValue range, long length)
    {
        if (range.From is not { } first)
            return range.To is { } last and > 0 ? (Math.Max(0, length - last), Math.Min(last, length)) : (0, 0);
        return (first, Math.Min(range.To ?? long.MaxValue - 1, length - 1) - first + 1);
    }
}
