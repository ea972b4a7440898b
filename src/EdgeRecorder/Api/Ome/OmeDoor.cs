using System.Globalization;
using EdgeRecorder.Api.Doors;
using EdgeRecorder.Api.Security;
using EdgeRecorder.Configuration;
using EdgeRecorder.Files;
using EdgeRecorder.Ledger;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;
using Microsoft.AspNetCore.Http.Features;

namespace EdgeRecorder.Api.Ome;

/// <summary>
/// OvenMediaEngine recording API, port 8081: <c>POST /v1/vhosts/{vhost}/apps/{app}:startRecord|:stopRecord|:records</c>, and <c>GET …:records</c>. Every answer is
/// <c>{"message","statusCode","response"}</c>, and the HTTP status is <c>statusCode</c>. Two dialects: `seed`, as first published, and `current`.
/// </summary>
internal sealed class OmeDoor(RecorderOptions options, OmeViews views, OmeTime times, RecordingDesk desk, NamedFiles files, IStorageStatus storage, AuditStore audit, TimeProvider time) : Door
{
    private const int LongestName = 128, MostStopped = 256;
    private const string NotEnoughStorage = "Not enough storage (400)";
    private const string JsonType = "application/json;charset=UTF-8";

    /// <summary>So long a start that is refused waits for its end.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly OmeOptions _options = options.Api.Ome;
    private readonly Throttle _throttle = new(time);

    public override string Name => OmeNames.FamilyName;
    public override FamilyOptions Options => _options;
    public override bool AuthorizesItself => true;
    private bool IsCurrent => _options.Dialect == "current";

    public override Task RefuseAsync(HttpContext context, int status, string why)
        => FailAsync(context, status, status >= 500 ? $"Internal Server Error ({status})" : $"{why} ({status})");

    public override Task AnswerAsync(HttpContext context, DoorCaller caller)
    {
        context.Response.Headers.Server = "EdgeRecorder";
        if (context.Request.Method == "OPTIONS")
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        }
        if (Authorize(context) is { } refusal)
            return refusal;
        // A browser adds the token that it was once told to whatever a page makes it send.
        if (DoorGuard.IsForeign(context.Request))
            return FailAsync(context, StatusCodes.Status403Forbidden, "[HTTP] Forbidden (403)");
        return (context.Request.Method, Segments(context)) is var (method, path) && path is ["v1", "vhosts", { Length: > 0 } host, "apps", var last] && last.Split(':', 2) is [{ Length: > 0 } application, var action]
            ? (method, action) switch
            {
                ("POST", "startRecord") => WithBodyAsync(context, host, application, body => StartAsync(context, host, application, body)),
                ("POST", "stopRecord") => WithBodyAsync(context, host, application, body => StopAsync(context, host, application, body)),
                ("POST" or "GET", "records") => WithBodyAsync(context, host, application, body => ListAsync(context, host, application, body)),
                _ => NoRouteAsync(context),
            }
            : NoRouteAsync(context);
    }

    private Task? Authorize(HttpContext context)
    {
        const string Account = "token";
        var source = BoxAuthentication.SourceOf(context);
        if (_throttle.Wait(Account, source) is var wait && wait > TimeSpan.Zero)
        {
            context.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            return FailAsync(context, StatusCodes.Status429TooManyRequests, "[HTTP] Too many wrong credentials (429)");
        }
        if (OmeAuthorization.Refusal(context.Request.Headers.Authorization.ToString(), _options.Token!, out var isWrongToken) is not { } why)
        {
            _throttle.Succeeded(Account, source);
            return null;
        }
        if (isWrongToken)
            _throttle.Failed(Account, source);
        context.Response.Headers.WWWAuthenticate = "Basic realm=\"OvenMediaEngine\"";
        return FailAsync(context, StatusCodes.Status401Unauthorized, $"[HTTP] {why}");
    }

    private async Task WithBodyAsync(HttpContext context, string host, string application, Func<OmeBody, Task> answer)
    {
        using var bytes = new MemoryStream();
        if (context.Request.Method == "POST")
            await context.Request.Body.CopyToAsync(bytes, context.RequestAborted);
        if (OmeBody.Read(bytes.ToArray()) is not { } body)
            await RefuseInDialectAsync(context, 400, $"Could not parse json context: [{host}/{application}] (400)");
        else if (!views.HasHost(host))
            await FailAsync(context, 404, $"[HTTP] Could not find the virtual host: [{host}] (404)");
        else if (!views.HasApplication(application))
            await FailAsync(context, 404, $"[HTTP] Could not find the application: [{host}/{application}] (404)");
        else
            await answer(body);
    }

    private async Task StartAsync(HttpContext context, string host, string application, OmeBody body)
    {
        if (Refusal(host, application, body, out var plan, out var stream) is { } refusal)
        {
            await RefuseInDialectAsync(context, 400, refusal);
            return;
        }
        var channel = views.Find(application, body.Stream!);
        var row = desk.Start(new RecordingWish
        {
            Owner = OmeNames.FamilyName, ExternalId = plan!.ExternalId, Channels = channel is null ? [] : [channel.Number], Awaits = channel is null ? views.Awaited(application, body.Stream!) : "", Stream = stream,
            Plan = System.Text.Json.JsonSerializer.Serialize(plan, OmeJson.Plain.OmePlan), By = OmeNames.FamilyName,
        }, out var created);
        if (!created)
            await RefuseInDialectAsync(context, 400, Duplicate(body.Id!));
        else if (row.State == RecordingState.Error)             // the ring has no place for the channel
        {
            await desk.StopAsync(row.Id, Patience);
            await RefuseInDialectAsync(context, 400, NotEnoughStorage);
        }
        else
        {
            Audit(context, "ome.start", plan.ExternalId);
            await SucceedAsync(context, Record(row, plan));
        }
    }

    /// <summary>Null and what is to be recorded, or why not: the first of the contract's reasons (4.1), in its order.</summary>
    private string? Refusal(string host, string application, OmeBody body, out OmePlan? plan, out byte stream)
    {
        (plan, stream) = (null, 0);
        string[] missing = [.. body.Id is null ? (string[])["id"] : [], .. body.Stream is null ? (string[])["stream.name"] : []];
        if (missing.Length > 0)
            return $"There is no required parameter [{string.Join(", ", missing)}] (400)";
        if (body.Interval > 0 && body.Schedule.Length > 0)
            return "[Interval] and [Schedule] cannot be used at the same time";
        if (body.Schedule.Length > 0 && SplitRule.Cron3.Read(body.Schedule, times.Zone) is null)
            return "Invalid [schedule] parameter (400)";
        if (desk.Find(OmeNames.FamilyName, OmePlan.ExternalIdOf(host, application, body.Id!)) is not null)
            return Duplicate(body.Id!);
        if (Read(host, application, body, out plan, out stream) is { } wrong)
            return $"Invalid [{wrong}] parameter (400)";
        return storage.Figures().Fault.Length > 0 ? NotEnoughStorage : null;
    }

    /// <summary>Null and the plan, or the member that cannot be meant.</summary>
    private string? Read(string host, string application, OmeBody body, out OmePlan? plan, out byte stream)
    {
        (plan, stream) = (null, 0);
        if (!IsName(body.Id!))
            return "id";
        if (!IsName(body.Stream!))
            return "stream.name";
        if (body.IsMetadataTooLong)
            return "metadata";
        if (OmeTracks.Of(body.TrackIds ?? [], body.VariantNames ?? []) is not { } tracks)
            return body.TrackIds is { Length: > 0 } ? "stream.trackIds" : "stream.variantNames";
        stream = tracks.Stream;
        plan = new OmePlan
        {
            Id = body.Id!, VirtualHost = host, Application = application, Stream = body.Stream!, TrackIds = body.TrackIds ?? [], VariantNames = body.VariantNames ?? [], Tracks = tracks.Tracks,
            FilePath = body.FilePath ?? _options.FilePath, InfoPath = body.InfoPath ?? _options.InfoPath, Interval = body.Interval, Schedule = body.Schedule, Continuity = body.Continuity, Metadata = body.Metadata,
        };
        if (plan.FilePath.EndsWith(".webm", StringComparison.OrdinalIgnoreCase) || !IsPlace(plan, plan.FilePath))
            return "filePath";
        return IsPlace(plan, plan.InfoPath) ? null : "infoPath";
    }

    /// <summary>As it stands, and with everything in it that can become long.</summary>
    private bool IsPlace(OmePlan plan, string template)
        => FamilyPath.Refusal(template, files.Folder.Root) is null
            && new OmeNames(plan, new string('x', 16), times.Zone, files.Folder.Root).Place(template, new NamedFileStart(int.MaxValue, time.GetUtcNow()), time.GetUtcNow()) is not null;

    private static bool IsName(string text) => text.Length <= LongestName && !text.Any(char.IsControl);

    private Task StopAsync(HttpContext context, string host, string application, OmeBody body)
    {
        if (body.Id is null)
            return RefuseInDialectAsync(context, 400, "There is no required parameter [id] (400)");
        if (desk.Find(OmeNames.FamilyName, OmePlan.ExternalIdOf(host, application, body.Id)) is not { State: not RecordingState.Stopping } row || !desk.Stop(row.Id))
            return RefuseInDialectAsync(context, 404, $"There is no record information related to the ID [{body.Id}] (404)");
        var plan = OmePlan.Of(row);
        Audit(context, "ome.stop", plan.ExternalId);
        return SucceedAsync(context, Record(row, plan) with { State = "stopping", FinishTime = null, Sequence = row.Sequence, RecordBytes = row.Bytes, RecordTime = row.Milliseconds, TotalRecordBytes = row.TotalBytes, TotalRecordTime = row.TotalMilliseconds });
    }

    private Task ListAsync(HttpContext context, string host, string application, OmeBody body)
    {
        var asked = body.Id is null ? "" : OmePlan.ExternalIdOf(host, application, body.Id);
        var open = body.Id is null ? desk.Of(OmeNames.FamilyName) : desk.Find(OmeNames.FamilyName, asked) is { } found ? [found] : [];
        // A job that was started again has taken the place of the one before.
        var seen = open.Select(row => row.ExternalId).ToHashSet(StringComparer.Ordinal);
        var stopped = desk.Stopped(OmeNames.FamilyName, time.GetUtcNow().AddSeconds(-_options.StoppedRetentionSeconds), MostStopped, asked).Where(row => seen.Add(row.ExternalId));
        var records = open.Concat(stopped).OrderBy(row => row.Created).Select(row => (Row: row, Plan: OmePlan.Of(row)))
            .Where(job => job.Plan.VirtualHost == host && job.Plan.Application == application).Select(job => Record(job.Row, job.Plan)).ToArray();
        if (records.Length > 0 || IsCurrent)
            return SendAsync(context, new OmeMany("OK", 200, records));
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        context.Response.Headers["X-Message"] = "There is no record information (204)";
        return Task.CompletedTask;
    }

    private OmeRecord Record(RecordingRow row, OmePlan plan)
    {
        var hasFile = row.Path.Length > 0;
        // Media flows and its first sync sample is awaited: nothing is written yet.
        var state = row.State == RecordingState.Recording && !hasFile ? RecordingState.Ready : row.State;
        var counts = hasFile && state is not RecordingState.Ready;
        return new OmeRecord
        {
            State = RecordingStore.Word(state), Id = plan.Id, Vhost = plan.VirtualHost, App = plan.Application, Stream = new OmeStream(plan.Stream, plan.TrackIds, plan.TrackIds, plan.VariantNames),
            FilePath = hasFile ? row.Path : plan.FilePath, InfoPath = hasFile ? row.InfoPath : plan.InfoPath,
            Interval = plan.Interval > 0 ? plan.Interval : null, Schedule = plan.Schedule.Length > 0 ? plan.Schedule : null, SegmentationRule = plan.Continuity ? "continuity" : "discontinuity",
            Sequence = counts ? row.Sequence : null, RecordBytes = counts ? row.Bytes : null, RecordTime = counts ? row.Milliseconds : null, TotalRecordBytes = counts ? row.TotalBytes : null, TotalRecordTime = counts ? row.TotalMilliseconds : null,
            CreatedTime = times.Text(row.Created), StartTime = counts && row.Start is { } start ? times.Text(start) : null,
            FinishTime = state switch
            {
                RecordingState.Stopped => times.Text(row.Finish ?? time.GetUtcNow()),
                RecordingState.Error when hasFile && row.Start is { } begin => times.Text(begin.AddMilliseconds(row.Milliseconds)),
                _ => null,
            },
            OutputFilePath = counts ? row.Path : null, OutputInfoPath = counts ? row.InfoPath : null, Metadata = plan.Metadata,
        };
    }

    private static string Duplicate(string id) => $"Duplicate ID already exists [{id}] (400)";

    private static Task NoRouteAsync(HttpContext context) => FailAsync(context, StatusCodes.Status404NotFound, "[HTTP] Controller not found (404)");

    private Task RefuseInDialectAsync(HttpContext context, int status, string message) => FailAsync(context, status, IsCurrent ? $"[HTTP] {message}" : message);

    private static Task FailAsync(HttpContext context, int status, string message)
        => TypedResults.Json(new OmeBare(message, status), OmeJson.Plain.OmeBare, JsonType, status).ExecuteAsync(context);

    private Task SucceedAsync(HttpContext context, OmeRecord record)
        => IsCurrent ? TypedResults.Json(new OmeOne("OK", 200, record), OmeJson.Plain.OmeOne, JsonType).ExecuteAsync(context) : SendAsync(context, new OmeMany("OK", 200, [record]));

    private static Task SendAsync(HttpContext context, OmeMany answer) => TypedResults.Json(answer, OmeJson.Plain.OmeMany, JsonType).ExecuteAsync(context);

    private void Audit(HttpContext context, string action, string subject) => audit.Add(Name, context.Connection.RemoteIpAddress?.ToString() ?? "", action, subject);

    /// <summary>The path as it was sent, unescaped piece by piece: an escaped slash belongs to a name.</summary>
    private static string[] Segments(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var path = target.StartsWith('/') ? target.Split('?', 2)[0] : context.Request.Path.Value ?? "";
        return [.. path.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString)];
    }
}
