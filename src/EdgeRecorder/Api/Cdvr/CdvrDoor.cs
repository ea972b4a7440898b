using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EdgeRecorder.Api.Doors;
using EdgeRecorder.Configuration;
using EdgeRecorder.Ledger;

namespace EdgeRecorder.Api.Cdvr;

/// <summary>
/// CDVR recording API, port 30889: <c>GET /Record/Start|Stop</c>, <c>POST /Record/BatchStart|Open</c>, <c>POST /Record/BatchStop|Close</c>, <c>POST /Record/QueryVideoFiles</c>,
/// <c>GET /Record/File/{fileId}</c>. Paths without regard to case. 200 once a request could be read; <c>result</c> 0 means that it worked.
/// </summary>
internal sealed class CdvrDoor(RecorderOptions options, CdvrJobs jobs, CdvrCatalog files, AuditStore audit) : Door
{
    public const string FamilyName = "cdvr";
    private const int MostPairs = 256;

    public override string Name => FamilyName;
    public override FamilyOptions Options => options.Api.Cdvr;

    public override Task RefuseAsync(HttpContext context, int status, string why) => status switch
    {
        StatusCodes.Status400BadRequest => ReplyAsync(context, new(CdvrOutcome.Unacceptable, "bad request", ""), status),
        StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden or StatusCodes.Status429TooManyRequests => ReplyAsync(context, new(CdvrOutcome.Unacceptable, why, ""), status),
        StatusCodes.Status500InternalServerError => ReplyAsync(context, new(CdvrOutcome.Fault, "internal error", ""), status),
        _ => EmptyAsync(context, status),
    };

    public override Task AnswerAsync(HttpContext context, DoorCaller caller)
    {
        string[] path = [.. (context.Request.Path.Value ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries)];
        if (path is not [var first, var operation, ..] || !first.Equals("record", StringComparison.OrdinalIgnoreCase))
            return EmptyAsync(context, StatusCodes.Status404NotFound);
        return (operation.ToLowerInvariant(), path.Length) switch
        {
            ("start", 2) => Allowing(context, caller, "GET", changes: true, () => StartAsync(context, caller)),
            ("stop", 2) => Allowing(context, caller, "GET", changes: true, () => StopAsync(context, caller)),
            ("batchstart" or "open", 2) => Allowing(context, caller, "POST", changes: true, () => BatchAsync(context, caller, isStart: true)),
            ("batchstop" or "close", 2) => Allowing(context, caller, "POST", changes: true, () => BatchAsync(context, caller, isStart: false)),
            ("queryvideofiles", 2) => Allowing(context, caller, "POST", changes: false, () => QueryAsync(context)),
            ("file", 3) => Allowing(context, caller, "GET, HEAD", changes: false, () => files.SendAsync(context, path[2])),
            _ => EmptyAsync(context, StatusCodes.Status404NotFound),
        };
    }

    private Task Allowing(HttpContext context, DoorCaller caller, string methods, bool changes, Func<Task> answer)
    {
        if (!methods.Split(", ").Contains(context.Request.Method))
        {
            context.Response.Headers.Allow = methods;
            return EmptyAsync(context, StatusCodes.Status405MethodNotAllowed);
        }
        return changes && !caller.MayChange ? RefuseAsync(context, StatusCodes.Status403Forbidden, $"{caller.Name} may look and not change; this needs the role operator") : answer();
    }

    private async Task StartAsync(HttpContext context, DoorCaller caller)
        => await ReplyAsync(context, Ret(ReadNamed(context.Request, out var device) is { } wrong ? new(CdvrOutcome.Unacceptable, wrong)
            : await StartAsync(context, caller, device, context.Request.Query["CTags"].ToString())));

    private async Task StopAsync(HttpContext context, DoorCaller caller)
        => await ReplyAsync(context, Ret(ReadNamed(context.Request, out var device) is { } wrong ? new(CdvrOutcome.Unacceptable, wrong) : await StopAsync(context, caller, device)));

    private static string? ReadNamed(HttpRequest request, out CdvrDevice device)
    {
        device = default;
        return !CdvrDevice.ReadProtocol(request.Query["Protocol"], out var protocol) ? "invalid Protocol" : CdvrDevice.Read(request.Query["Sim"], request.Query["Channel"], protocol, wantsChannel: true, out device);
    }

    private async Task<CdvrOutcome> StartAsync(HttpContext context, DoorCaller caller, CdvrDevice device, string cTags)
    {
        var outcome = await jobs.StartAsync(device, cTags, caller.Name);
        if (outcome is { Result: CdvrOutcome.Done, Note: not CdvrOutcome.Already })
            audit.Add(caller.Name, context.Connection.RemoteIpAddress?.ToString() ?? "", "cdvr.start", device.ExternalId);
        return outcome;
    }

    private async Task<CdvrOutcome> StopAsync(HttpContext context, DoorCaller caller, CdvrDevice device)
    {
        var outcome = await jobs.StopAsync(device);
        if (outcome.Job is not null)
            audit.Add(caller.Name, context.Connection.RemoteIpAddress?.ToString() ?? "", "cdvr.stop", device.ExternalId);
        return outcome;
    }

    private async Task BatchAsync(HttpContext context, DoorCaller caller, bool isStart)
    {
        if (await ReadBodyAsync(context, CdvrBody.Batch) is not { } items)
            return;
        var pairs = items.SelectMany(item => Pairs(item, isStart).Select(channel => (Item: item, Channel: channel))).Take(MostPairs + 1).ToList();
        if (pairs.Count > MostPairs)
        {
            await ReplyAsync(context, new(CdvrOutcome.Limit, "over limit", "[]"));
            return;
        }
        List<CdvrEntry> entries = [];
        foreach (var (item, channel) in pairs)
        {
            var outcome = (item.Error ?? CdvrDevice.Read(item.Sim, channel, item.Protocol, wantsChannel: true, out _)) is { } wrong ? new(CdvrOutcome.Unacceptable, wrong)
                : CdvrDevice.Read(item.Sim, channel, item.Protocol, wantsChannel: true, out var device) is null && isStart ? await StartAsync(context, caller, device, item.CTags) : await StopAsync(context, caller, device);
            entries.Add(new CdvrEntry(item.Sim, channel, item.Protocol, outcome.Result, outcome.Note));
        }
        await ReplyAsync(context, Sum(entries));
    }

    /// <summary>Channels of an item. None named is an error of one entry for a start and means all that the family records for a stop; a stop without the member stops nothing.</summary>
    private IReadOnlyList<string> Pairs(CdvrBatchItem item, bool isStart) => item.Channels switch
    {
        null => [""],
        { Count: > 0 } channels => channels,
        _ when isStart || item.Error is not null || CdvrDevice.Read(item.Sim, null, item.Protocol, wantsChannel: false, out _) is not null => [""],
        _ => CdvrDevice.Read(item.Sim, null, item.Protocol, wantsChannel: false, out var device) is null ? jobs.ChannelsOf(device) : [],
    };

    private static CdvrRet Sum(List<CdvrEntry> entries)
    {
        var results = entries.Select(entry => entry.Result).Distinct().ToList();
        var (result, note) = results switch
        {
            [] or [CdvrOutcome.Done] => (CdvrOutcome.Done, CdvrOutcome.Success),
            [var same] => (same, entries[0].ResultNote),
            _ when results.Contains(CdvrOutcome.Done) => (CdvrOutcome.Partial, CdvrOutcome.Again),
            _ => (CdvrOutcome.Unacceptable, "failed"),
        };
        return new(result, note, JsonSerializer.Serialize(entries.ToArray(), CdvrJson.Plain.CdvrEntryArray));
    }

    /// <summary>What an action that returns text does: the text as it is, or as a JSON literal where JSON alone is asked for.</summary>
    private async Task QueryAsync(HttpContext context)
    {
        if (await ReadBodyAsync(context, CdvrBody.Query) is not { } query)
            return;
        var text = files.List(query, context.Request);
        var accept = context.Request.Headers.Accept.ToString();
        var isLiteral = !accept.Contains("*/*", StringComparison.Ordinal) && !accept.Contains("text/plain", StringComparison.OrdinalIgnoreCase)
            && (accept.Contains("application/json", StringComparison.OrdinalIgnoreCase) || accept.Contains("text/json", StringComparison.OrdinalIgnoreCase));
        if (isLiteral)
            await WriteAsync(context, JsonSerializer.SerializeToUtf8Bytes(text, CdvrJson.Plain.String), "application/json; charset=utf-8");
        else
            await WriteAsync(context, System.Text.Encoding.UTF8.GetBytes(text), "text/plain; charset=utf-8");
    }

    /// <summary>Null when it was answered already: it is not JSON of the right kind.</summary>
    private async Task<T?> ReadBodyAsync<T>(HttpContext context, Func<ReadOnlyMemory<byte>, T> read) where T : class
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        try
        {
            return read(body.ToArray());
        }
        catch (JsonException)
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "");
            return null;
        }
    }

    private static CdvrRet Ret(CdvrOutcome outcome) => new(outcome.Result, outcome.Note,
        outcome.Job is { } job ? JsonSerializer.Serialize(new CdvrJob(job.Id, RecordingStore.Word(job.State)), CdvrJson.Plain.CdvrJob) : "");

    private static Task ReplyAsync(HttpContext context, CdvrRet ret, int status = StatusCodes.Status200OK)
    {
        context.Response.StatusCode = status;
        return WriteAsync(context, Bytes(ret, CdvrJson.Plain.CdvrRet), "application/json; charset=utf-8");
    }

    private static byte[] Bytes<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.SerializeToUtf8Bytes(value, type);

    private static Task EmptyAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        context.Response.ContentLength = 0;
        return Task.CompletedTask;
    }

    private static async Task WriteAsync(HttpContext context, byte[] body, string type)
    {
        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
