using System.Globalization;
using System.Text.Json.Serialization;
using EdgeRecorder.Api.Doors;
using EdgeRecorder.Configuration;
using EdgeRecorder.Export;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;
using Microsoft.AspNetCore.Http.Features;

namespace EdgeRecorder.Api.Axxon;

/// <summary>
/// AxxonSoft export API, port 8000: <c>POST /export/archive|live/{SOURCE}/{BEGIN}/{END}</c>, <c>GET /export/{id}/status</c>, <c>GET /export/{id}/file?name=</c>,
/// <c>DELETE /export/{id}</c>; each with and without the configured prefix. Sources contain slashes, which callers may escape or not, so paths are read from the right.
/// </summary>
internal sealed class AxxonDoor(RecorderOptions options, ChannelCatalog catalog, IRing ring, ExportDesk desk, ExportAbility ability, AuditStore audit, TimeProvider time) : Door
{
    public const string FamilyName = "axxon";
    private const string TooMany = "Search query rejected. Too many requests.";       // as published
    private const int DefaultWaitMs = 10_000;
    private const int SourceComponents = 3, TimeComponents = 2;

    private readonly AxxonOptions _options = options.Api.Axxon;

    public override string Name => FamilyName;
    public override FamilyOptions Options => _options;

    private string ServerName => _options.ServerName ?? Environment.MachineName;
    private string Prefix => _options.Prefix.Trim('/');

    public override Task RefuseAsync(HttpContext context, int status, string why)
    {
        context.Response.StatusCode = status;
        return TypedResults.Json(new AxxonError(why), AxxonJson.Default.AxxonError, statusCode: status).ExecuteAsync(context);
    }

    public override Task AnswerAsync(HttpContext context, DoorCaller caller)
    {
        var path = Segments(context);
        var prefix = Prefix.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (prefix.Length > 0 && path.AsSpan().StartsWith(prefix))
            path = path[prefix.Length..];
        return path switch
        {
            ["export", "archive" or "live", _, ..] when path.Length > 3 => Allowing(context, caller, ["POST"], changes: true, () => OrderAsync(context, caller, path[1] == "live", path[2..])),
            ["export", var id, "status"] => Allowing(context, caller, ["GET", "HEAD"], changes: false, () => StatusAsync(context, id)),
            ["export", var id, "file"] => Allowing(context, caller, ["GET", "HEAD"], changes: false, () => FileAsync(context, id)),
            ["export", var id] => Allowing(context, caller, ["DELETE"], changes: true, () => DeleteAsync(context, caller, id)),
            _ => RefuseAsync(context, StatusCodes.Status404NotFound, "no such path"),
        };
    }

    private Task Allowing(HttpContext context, DoorCaller caller, string[] methods, bool changes, Func<Task> answer)
    {
        if (!methods.Contains(context.Request.Method))
        {
            context.Response.Headers.Allow = string.Join(", ", methods);
            return RefuseAsync(context, StatusCodes.Status405MethodNotAllowed, $"{context.Request.Method} is not for this path");
        }
        return changes && !caller.MayChange ? RefuseAsync(context, StatusCodes.Status403Forbidden, $"{caller.Name} may look and not change; this needs the role operator") : answer();
    }

    private async Task OrderAsync(HttpContext context, DoorCaller caller, bool live, string[] path)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        if (ReadOrder(context.Request, caller, live, path, body.ToArray(), out var order) is { } wrong)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, wrong);
            return;
        }
        if (desk.Order(order!) is not { } row)
        {
            await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, TooMany);
            return;
        }
        audit.Add(caller.Name, context.Connection.RemoteIpAddress?.ToString() ?? "", "axxon.export", row.Id);
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        context.Response.Headers.Connection = "close";
        context.Response.Headers.Location = $"{(Prefix.Length > 0 ? $"/{Prefix}" : "")}/export/{row.Id}";
        context.Response.ContentLength = 0;
    }

    /// <summary>Null and the order, or what is wrong with the request.</summary>
    private string? ReadOrder(HttpRequest request, DoorCaller caller, bool live, string[] path, ReadOnlyMemory<byte> body, out ExportOrder? order)
    {
        order = null;
        var parts = path.AsSpan();
        if (parts.Length == SourceComponents + TimeComponents + 1 && parts[0] == "hosts")
            parts = parts[1..];
        if (parts.Length != SourceComponents + TimeComponents)
            return "the path is not SERVER/DEVICE/ENDPOINT/BEGINTIME/ENDTIME";
        if (AxxonSource.Read(parts, catalog, _options.StrictServerName ? ServerName : null, out var source) is { } wrongSource)
            return wrongSource;
        if (AxxonTime.Read(parts[^2]) is not { } begin || AxxonTime.Read(parts[^1]) is not { } end)
            return "BEGINTIME, ENDTIME: not YYYYMMDDTHHMMSS with up to six digits of a fraction, nor past or future";
        if ((ReadArchive(request.Query["archive"].ToString()) ?? ReadWait(request.Query["waittimeout"].ToString(), out _)) is { } wrongQuery)
            return wrongQuery;
        _ = ReadWait(request.Query["waittimeout"].ToString(), out var waitMs);
        var server = ExportNames.Clean(ServerName);
        var device = $"DeviceIpint.{source.Channel.Number.ToString(CultureInfo.InvariantCulture)}";
        var names = new ExportNames($"{server}_{device}", $"{server}_{source.Channel.Number.ToString(CultureInfo.InvariantCulture)}.{ExportNames.Clean(source.Channel.Name)}", "[", "]");
        if (AxxonBody.Read(body, names, ability, out var wish) is { } wrongBody)
            return wrongBody;
        if (live && source.Channel.SubUrl is null)
            source = source with { Stream = new StreamKey(source.Channel.Number, 0) };      // its only one, as for viewers
        var wrongWindow = live ? LiveWindow(source.Stream, ref begin, ref end, wish!) : ArchiveWindow(source.Stream, ref begin, ref end, wish!);
        if ((wrongWindow ?? (live ? null : FootageCodec.Refusal(ring, source.Stream, begin, end, wish!))) is { } wrong)
            return wrong;
        wish = wish! with { WaitMs = waitMs, OpenEnd = live && parts[^1] == "future" };
        order = new ExportOrder(FamilyName, live, source.Stream, begin, end, wish, caller.Name, TimeSpan.FromHours(_options.TtlHours));
        return null;
    }

    private string? ArchiveWindow(StreamKey stream, ref long begin, ref long end, ExportWish wish)
    {
        (begin, end) = (Math.Min(begin, end), Math.Max(begin, end));
        if (begin == end && !wish.IsPicture)
            return "BEGINTIME, ENDTIME: are the same, which only jpg and pdf can be";
        if (begin is AxxonTime.Past or AxxonTime.Future || end is AxxonTime.Past or AxxonTime.Future)
        {
            var spans = ring.Spans(stream, begin, end);
            var now = UtcTime.Us(time.GetUtcNow());
            (begin, end) = spans.Count == 0
                ? (begin is AxxonTime.Past or AxxonTime.Future ? Math.Min(now, end) : begin, end is AxxonTime.Past or AxxonTime.Future ? Math.Max(now, begin) : end)
                : (Math.Max(begin, spans[0].FromUtcUs), Math.Min(end, spans.Max(span => span.ToUtcUs)));
        }
        return end - begin > _options.MaxExportSeconds * 1_000_000L ? $"BEGINTIME, ENDTIME: longer than the {_options.MaxExportSeconds} s of api.axxon.maxExportSeconds" : null;
    }

    private string? LiveWindow(StreamKey stream, ref long begin, ref long end, ExportWish wish)
    {
        var now = UtcTime.Us(time.GetUtcNow());
        if (begin > end)
            (begin, end) = (end, begin);
        if (begin == end && !wish.IsPicture)
            return "BEGINTIME, ENDTIME: are the same, which only jpg can be";
        if (end <= now)
            return "ENDTIME: is over; ask for the archive";
        begin = Math.Max(begin, now);
        if (end == AxxonTime.Future)
            end = begin + _options.MaxLiveSeconds * 1_000_000L;
        return end - begin > _options.MaxExportSeconds * 1_000_000L ? $"BEGINTIME, ENDTIME: longer than the {_options.MaxExportSeconds} s of api.axxon.maxExportSeconds" : null;
    }

    private static string? ReadArchive(string archive)
        => archive.Length == 0 || archive.Split('/', StringSplitOptions.RemoveEmptyEntries) is ["hosts", _, "MultimediaStorage.ring", "MultimediaStorage"] ? null : $"archive: there is no {archive}";

    /// <summary>Small numbers are seconds: both of the published pages say milliseconds, the older means seconds by them.</summary>
    private static string? ReadWait(string text, out int waitMs)
    {
        waitMs = DefaultWaitMs;
        if (text.Length == 0)
            return null;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out waitMs))
            return $"waittimeout: \"{text}\" is not a number";
        waitMs = waitMs < 1000 ? waitMs * 1000 : waitMs;
        return null;
    }

    private async Task StatusAsync(HttpContext context, string id)
    {
        if (Find(id) is not { } found)
        {
            await RefuseAsync(context, StatusCodes.Status404NotFound, $"no export {id}");
            return;
        }
        desk.Touch(found.Row.Id);
        var row = found.Row;
        var status = new AxxonStatus(row.Id, (int)row.State, found.Progress, row.Error, [.. row.Files.Select(f => f.Name)], [.. row.Files.Select(f => f.Friendly)], [.. row.Warnings]);
        await TypedResults.Json(status, AxxonJson.Default.AxxonStatus).ExecuteAsync(context);
    }

    private async Task FileAsync(HttpContext context, string id)
    {
        if (Find(id) is not { } found)
        {
            await RefuseAsync(context, StatusCodes.Status404NotFound, $"no export {id}");
            return;
        }
        var names = found.Row.Files.Select(file => file.Name).ToList();
        var name = context.Request.Query["name"].ToString();
        if (name.Length == 0 && names.Count != 1)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, $"name: is missing, the export has {names.Count} files");
            return;
        }
        name = name.Length == 0 ? names[0] : name;
        if (!names.Contains(name) || desk.PathOf(found.Row, name) is not { } path || !File.Exists(path))
        {
            await RefuseAsync(context, StatusCodes.Status404NotFound, "no file of this name");
            return;
        }
        desk.Touch(found.Row.Id);
        await TypedResults.PhysicalFile(path, ExportTypes.Of(name), name, enableRangeProcessing: true).ExecuteAsync(context);
    }

    private async Task DeleteAsync(HttpContext context, DoorCaller caller, string id)
    {
        if (Find(id) is not { } found || !await desk.DeleteAsync(found.Row.Id))
        {
            await RefuseAsync(context, StatusCodes.Status404NotFound, $"no export {id}");
            return;
        }
        audit.Add(caller.Name, context.Connection.RemoteIpAddress?.ToString() ?? "", "axxon.delete", found.Row.Id);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>Exports of this family only; those of others do not exist here.</summary>
    private ExportStatus? Find(string id) => desk.Find(id.ToLowerInvariant()) is { Row.Owner: FamilyName } found ? found : null;

    /// <summary>The path as it was sent, unescaped, in pieces: the server would leave %2F as it is.</summary>
    private static string[] Segments(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var path = target.StartsWith('/') ? target.Split('?', 2)[0] : context.Request.Path.Value ?? "";
        return Uri.UnescapeDataString(path).Split('/', StringSplitOptions.RemoveEmptyEntries);
    }
}

internal sealed record AxxonError(string Error);

/// <param name="FilesFriendly">As <paramref name="Files"/>, with the channel's name.</param>
/// <param name="Warnings">What was accepted and not done; not in the published API.</param>
internal sealed record AxxonStatus(string Id, int State, double Progress, string Error, string[] Files, string[] FilesFriendly, string[] Warnings);

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(AxxonError))]
[JsonSerializable(typeof(AxxonStatus))]
internal sealed partial class AxxonJson : JsonSerializerContext;
