using System.Globalization;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using EdgeRecorder.Api.Doors;
using EdgeRecorder.Configuration;
using EdgeRecorder.Files;
using EdgeRecorder.Inspector;
using EdgeRecorder.Ledger;

namespace EdgeRecorder.Api.Inspector;

/// <summary>
/// DVR+O Inspector API: control on port 13000, the recording service on 8088. Starts, stops, clips and frame grabs are GETs, as published; so a HEAD of them is refused, and a
/// cache never answers. A command that cannot be followed is 500, as published; "no data" is an empty answer without a type.
/// </summary>
internal sealed class InspectorDoor(RecorderOptions options, InspectorSettingStore settings, InspectorDesk desk, FrameGrabs grabs, FamilyFolder folder, AuditStore audit) : Door
{
    public const string FamilyName = InspectorDesk.Family;

    private static readonly string[] Read = ["GET", "HEAD"], Act = ["GET"], Post = ["POST"], ReadOrPost = ["GET", "HEAD", "POST"];

    public override string Name => FamilyName;
    public override FamilyOptions Options => options.Api.Inspector;

    public override Task RefuseAsync(HttpContext context, int status, string why)
    {
        context.Response.StatusCode = status;
        return WriteAsync(context, new InspectorError(why), InspectorJson.Default.InspectorError);
    }

    public override Task AnswerAsync(HttpContext context, DoorCaller caller)
    {
        var path = Segments(context.Request.Path.Value ?? "");
        return context.Features.Get<DoorMark>()!.Port == options.Api.Inspector.RecordingPort ? RecordingServiceAsync(context, path) : ControlAsync(context, caller, path);
    }

    private Task ControlAsync(HttpContext context, DoorCaller caller, string[] path) => path switch
    {
        ["api", "stats", "ping"] => Allowing(context, Read, () => WriteAsync(context, new InspectorPing(true), InspectorJson.Default.InspectorPing)),
        ["api", "recordersettings", "apply"] => ChangingAsync(context, caller, Post, "settings", body => settings.Change(body!.Apply)),
        ["api", "inspector", "createdirectory"] => ChangingAsync(context, caller, Post, "directory", CreateDirectory),
        ["api", "inspector", "recordingdirectory"] => ChangingAsync(context, caller, Post, "settings", body => Set(body!.Directory(), static (s, d) => s with { RecordingDirectory = d.Relative })),
        ["api", "inspector", "inspectiondirectory"] => ChangingAsync(context, caller, Post, "settings", body => Set(body!.Directory(), static (s, d) => s with { InspectionDirectory = d.Relative })),
        ["api", "inspector", "splittime", var minutes] => ChangingAsync(context, caller, Act, "settings", _ => Set(Minutes(minutes), static (s, m) => s with { SplitTimeMinutes = m })),
        ["api", "inspector", "reevaluatetags", var word] => ChangingAsync(context, caller, Act, "settings", _ => Set(Word(word), static (s, on) => s with { ReevaluateTags = on })),
        ["api", "inspector", "pathtemplate"] when context.Request.Method is "GET" or "HEAD" => WriteAsync(context, InspectorTemplates.Of(settings.Current), InspectorJson.Default.InspectorTemplates),
        ["api", "inspector", "pathtemplate"] => ChangingAsync(context, caller, ReadOrPost, "settings", body => settings.Change(body!.Templates)),
        ["api", "inspector", "startrecording"] => ActingAsync(context, caller, "start", () =>
        {
            desk.Start(caller.Name);
            Nothing(context);
            return Task.CompletedTask;
        }),
        ["api", "inspector", "stoprecording"] => ActingAsync(context, caller, "stop", async () =>
        {
            await desk.StopAsync();
            Nothing(context);
        }),
        ["api", "inspector", "isrecording" or "encoderrunning"] => Allowing(context, Read,
            () => WriteAsync(context, context.Request.Query["scope"] == "any" ? desk.IsAnythingRecording : desk.IsRecording, InspectorJson.Default.Boolean)),
        ["api", "inspector", "takeframegrab"] => ActingAsync(context, caller, "framegrab",
            async () => await WriteAsync(context, await grabs.TakeAsync(context.RequestAborted) > 0, InspectorJson.Default.Boolean)),
        ["api", "inspector", "startclip"] => ActingAsync(context, caller, "clip", () =>
        {
            desk.StartClip(caller.Name);
            Nothing(context);
            return Task.CompletedTask;
        }),
        ["api", "inspector", "stopclip"] => ActingAsync(context, caller, "stopclip", async () =>
        {
            await desk.StopClipAsync();
            Nothing(context);
        }),
        ["api", "inspector", "iscliprecording"] => Allowing(context, Read, () => WriteAsync(context, desk.IsClipRecording, InspectorJson.Default.Boolean)),
        _ => Empty(context, StatusCodes.Status404NotFound),
    };

    private Task RecordingServiceAsync(HttpContext context, string[] path) => path switch
    {
        ["api", "stats", "ping"] => Allowing(context, Read, () => WriteAsync(context, new InspectorPing(true), InspectorJson.Default.InspectorPing)),
        ["api", "recording", "isrecording" or "encoderrunning"] => Allowing(context, Read, () => desk.IsRecording || !options.Api.Inspector.BareFalse
            ? WriteAsync(context, new InspectorRecordingState(desk.IsRecording), InspectorJson.Default.InspectorRecordingState) : WriteAsync(context, false, InspectorJson.Default.Boolean)),
        _ => Empty(context, StatusCodes.Status404NotFound),
    };

    private void Set<T>(T value, Func<InspectorSettings, T, InspectorSettings> change) => settings.Change(now => change(now, value));

    private void CreateDirectory(InspectorBody? body)
    {
        var place = body!.Directory();
        try
        {
            folder.MakeFolder(place);
        }
        catch (IOException)                                 // a file of that name, or a link on the way
        {
            throw new InspectorBodyException("invalid Directory");
        }
    }

    private static int Minutes(string text)
        => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var minutes) && minutes <= InspectorBody.MostSplitMinutes ? minutes
            : throw new InspectorBodyException($"SplitTimeMinutes is not a whole number from 0 to {InspectorBody.MostSplitMinutes}");

    private static bool Word(string text) => bool.TryParse(text, out var on) ? on : throw new InspectorBodyException("ReevaluateTags is not true or false");

    private static Task Allowing(HttpContext context, string[] methods, Func<Task> answer)
    {
        if (methods.Contains(context.Request.Method))
            return answer();
        context.Response.Headers.Allow = string.Join(", ", methods);
        return Empty(context, StatusCodes.Status405MethodNotAllowed);
    }

    /// <summary>A change of settings or folders: whole or not at all, answered without data.</summary>
    private Task ChangingAsync(HttpContext context, DoorCaller caller, string[] methods, string action, Action<InspectorBody?> change) => Allowing(context, methods, () => For(context, caller, action, async () =>
    {
        using var bytes = new MemoryStream();
        await context.Request.Body.CopyToAsync(bytes, context.RequestAborted);
        change(context.Request.Method == "POST" ? InspectorBody.Read(bytes.ToArray(), folder.Root) : null);
        Nothing(context);
    }));

    private Task ActingAsync(HttpContext context, DoorCaller caller, string action, Func<Task> act) => Allowing(context, Act, () => For(context, caller, action, act));

    private async Task For(HttpContext context, DoorCaller caller, string action, Func<Task> act)
    {
        if (!caller.MayChange)
        {
            await RefuseAsync(context, StatusCodes.Status403Forbidden, $"{caller.Name} may look and not change; this needs the role operator");
            return;
        }
        context.Response.Headers.CacheControl = "no-cache, no-store";
        try
        {
            await act();
        }
        catch (InspectorBodyException e)
        {
            await RefuseAsync(context, StatusCodes.Status500InternalServerError, e.Message);
            return;
        }
        catch (NoStorageException)
        {
            await RefuseAsync(context, StatusCodes.Status500InternalServerError, "no storage");
            return;
        }
        audit.Add(caller.Name, context.Connection.RemoteIpAddress?.ToString() ?? "", $"inspector.{action}", context.Request.Path.Value ?? "");
    }

    private static Task WriteAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type)
        => context.Response.WriteAsJsonAsync(value, type, "application/json", context.RequestAborted);

    private static void Nothing(HttpContext context) => context.Response.ContentLength = 0;

    private static Task Empty(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        Nothing(context);
        return Task.CompletedTask;
    }

    /// <summary>Paths are matched without regard to case and whether they end with a slash.</summary>
    private static string[] Segments(string path)
    {
        var segments = path.TrimStart('/').Split('/');
        return [.. (segments[^1].Length == 0 ? segments.SkipLast(1) : segments).Select(static segment => segment.ToLowerInvariant())];
    }
}

internal sealed record InspectorError(string Error);

internal sealed record InspectorPing(bool Ping);

internal sealed record InspectorRecordingState(bool IsRecording);

/// <summary>Templates as they were sent, and the recording directory below the family's folder.</summary>
internal sealed record InspectorTemplates(
    string FilenameTemplate, string DirectoryTemplate, string FramegrabTemplate, string DataLogTemplate, string EventTemplate, string AnomalyTemplate, string Directory)
{
    public static InspectorTemplates Of(InspectorSettings settings)
        => new(settings.FilenameTemplate, settings.DirectoryTemplate, settings.FramegrabTemplate, settings.DataLogTemplate, settings.EventTemplate, settings.AnomalyTemplate, settings.RecordingDirectory);
}

/// <summary>Members as the vendor writes them; a path with `$` and `@` is read by people.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.Unspecified)]
[JsonSerializable(typeof(InspectorError))]
[JsonSerializable(typeof(InspectorPing))]
[JsonSerializable(typeof(InspectorRecordingState))]
[JsonSerializable(typeof(InspectorTemplates))]
[JsonSerializable(typeof(bool))]
internal sealed partial class InspectorJson : JsonSerializerContext;
