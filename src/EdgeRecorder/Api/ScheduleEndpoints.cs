using EdgeRecorder.Api.Security;
using EdgeRecorder.Ledger;
using EdgeRecorder.Recording;
using EdgeRecorder.Schedules;
using EdgeRecorder.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace EdgeRecorder.Api;

/// <summary>/api/v1/schedules: when channels are recorded, by the week.</summary>
internal static class ScheduleEndpoints
{
    private const int Most = 100, MostWindows = 50, MostKinds = 50, LongestName = 100, LongestAfterSeconds = 3600;
    private const int BeforeSeconds = 10, AfterSeconds = 30;
    private static readonly string[] Days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

    /// <summary>Pre-roll must still be there when an alarm is heard of.</summary>
    private static readonly int LongestBeforeSeconds = (int)(RingOptions.PreRollKept - TimeSpan.FromMinutes(5)).TotalSeconds;

    public static void MapSchedules(this IEndpointRouteBuilder routes)
    {
        var schedules = routes.MapGroup("/schedules").WithTags("schedules");
        schedules.MapGet("", List).RequireAuthorization(Roles.Viewer);
        schedules.MapGet("/{id}", Get).RequireAuthorization(Roles.Viewer);
        schedules.MapPost("", Add).RequireAuthorization(Roles.Admin);
        schedules.MapPatch("/{id}", Change).RequireAuthorization(Roles.Admin);
        schedules.MapDelete("/{id}", Remove).RequireAuthorization(Roles.Admin);
    }

    private static JsonHttpResult<ScheduleView[]> List(ScheduleDesk desk, ChannelCatalog catalog)
        => TypedResults.Json(desk.All().Select(row => View(row, desk, catalog)).ToArray(), BoxJson.Default.ScheduleViewArray);

    private static Results<JsonHttpResult<ScheduleView>, ProblemHttpResult> Get(string id, ScheduleDesk desk, ChannelCatalog catalog)
        => desk.Find(id) is { } row ? TypedResults.Json(View(row, desk, catalog), BoxJson.Default.ScheduleView) : Unknown(id);

    private static async Task<Results<Created<ScheduleView>, ProblemHttpResult>> Add(NewSchedule body, HttpContext context, ScheduleDesk desk, ChannelCatalog catalog, AuditStore audit, TimeProvider time)
    {
        if (desk.All().Count >= Most)
            return Problems.Conflict($"there are {Most} schedules already");
        var row = new ScheduleRow
        {
            Id = OpaqueId.New(), Name = body.Name, Windows = [], Before = TimeSpan.FromSeconds(BeforeSeconds), After = TimeSpan.FromSeconds(AfterSeconds), By = context.User.Identity?.Name ?? "",
            Created = DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds()),
        };
        if (Read(new(body.Name, body.Enabled, body.Channels, null, body.Windows, body.Mode, body.BeforeSeconds, body.AfterSeconds, body.Kinds), catalog, ref row) is { } wrong)
            return Problems.Bad(wrong);
        await desk.PutAsync(row);
        audit.Add(context, "schedule.add", row.Id);
        return TypedResults.Created($"/api/v1/schedules/{row.Id}", View(row, desk, catalog));
    }

    private static async Task<Results<JsonHttpResult<ScheduleView>, ProblemHttpResult>> Change(string id, ScheduleChange body, HttpContext context, ScheduleDesk desk, ChannelCatalog catalog, AuditStore audit)
    {
        if (desk.Find(id) is not { } row)
            return Unknown(id);
        if (Read(body, catalog, ref row) is { } wrong)
            return Problems.Bad(wrong);
        await desk.PutAsync(row);
        audit.Add(context, "schedule.change", id);
        return TypedResults.Json(View(row, desk, catalog), BoxJson.Default.ScheduleView);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> Remove(string id, HttpContext context, ScheduleDesk desk, AuditStore audit)
    {
        if (!await desk.RemoveAsync(id))
            return Unknown(id);
        audit.Add(context, "schedule.remove", id);
        return TypedResults.NoContent();
    }

    /// <summary>What the body names replaces what the row says. Null, or what is wrong.</summary>
    private static string? Read(ScheduleChange body, ChannelCatalog catalog, ref ScheduleRow row)
    {
        if (body.Name is { } name && (string.IsNullOrWhiteSpace(name) || name.Length > LongestName))
            return $"name: needs 1 to {LongestName} characters";
        if (body.Channels is { } ids)
        {
            if (ids.Length == 0 || body.AllChannels is true)
                return "channels: names none; without it, or with allChannels, all are meant";
            if (Array.Find(ids, id => catalog.Find(id) is null) is { } missing)
                return $"channels: no channel {missing}";
            row = row with { Channels = [.. ids.Distinct().Select(id => catalog.Find(id)!.Number)] };
        }
        if (body.AllChannels is true)
            row = row with { Channels = [] };
        if (body.Windows is { } windows)
        {
            if (windows.Length is 0 or > MostWindows)
                return $"windows: needs 1 to {MostWindows}";
            var read = new ScheduleWindow[windows.Length];
            for (var i = 0; i < windows.Length; i++)
                if (Read(windows[i], out read[i]) is { } wrong)
                    return $"windows[{i}].{wrong}";
            row = row with { Windows = read };
        }
        if (body.Mode is not (null or "continuous" or "event"))
            return "mode: is neither continuous nor event";
        if (body.BeforeSeconds is { } before && (before < 0 || before > LongestBeforeSeconds))
            return $"beforeSeconds: needs 0 to {LongestBeforeSeconds}";
        if (body.AfterSeconds is < 0 or > LongestAfterSeconds)
            return $"afterSeconds: needs 0 to {LongestAfterSeconds}";
        if (body.Kinds is { } kinds && (kinds.Length > MostKinds || Array.Exists(kinds, kind => kind.Length is 0 or > 40 || kind.AsSpan().ContainsAnyExcept(Letters))))
            return "kinds: are words of events, as GET events shows them";
        row = row with
        {
            Name = body.Name ?? row.Name, Enabled = body.Enabled ?? row.Enabled, Mode = body.Mode is null ? row.Mode : body.Mode == "event" ? ScheduleMode.Event : ScheduleMode.Continuous,
            Before = body.BeforeSeconds is { } b ? TimeSpan.FromSeconds(b) : row.Before, After = body.AfterSeconds is { } a ? TimeSpan.FromSeconds(a) : row.After, Kinds = body.Kinds ?? row.Kinds,
        };
        return null;
    }

    private static readonly System.Buffers.SearchValues<char> Letters = System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    private static string? Read(ScheduleWindowView window, out ScheduleWindow read)
    {
        read = default;
        var days = 0;
        foreach (var day in window.Days)
            if (Array.IndexOf(Days, day) is >= 0 and var bit)
                days |= 1 << bit;
            else
                return $"days: {day} is none of {string.Join(", ", Days)}";
        if (days == 0)
            return "days: names none";
        if (Minute(window.From) is not { } from || from == ScheduleWindowView.Midnight)
            return "from: is no time from 00:00 to 23:59";
        if (Minute(window.To) is not { } to)
            return "to: is no time from 00:00 to 24:00";
        read = new(days, from, to == 0 ? ScheduleWindowView.Midnight : to);
        return null;
    }

    /// <summary>Of HH:MM; null: it is none.</summary>
    private static int? Minute(string text)
        => text is [>= '0' and <= '2' and var h1, >= '0' and <= '9' and var h0, ':', >= '0' and <= '5' and var m1, >= '0' and <= '9' and var m0]
           && ((h1 - '0') * 10 + h0 - '0') * 60 + (m1 - '0') * 10 + m0 - '0' is <= ScheduleWindowView.Midnight and var minute ? minute : null;

    private static string Time(int minute) => $"{minute / 60:00}:{minute % 60:00}";

    private static ProblemHttpResult Unknown(string id) => Problems.NotFound($"no schedule {id}");

    private static ScheduleView View(ScheduleRow row, ScheduleDesk desk, ChannelCatalog catalog) => new(
        row.Id, row.Name, row.Enabled, row.Channels.Count == 0, [.. row.Channels.Select(catalog.Find).OfType<ChannelDefinition>().Select(channel => channel.Id)],
        [.. row.Windows.Select(window => new ScheduleWindowView([.. Days.Where((_, bit) => (window.Days & 1 << bit) != 0)], Time(window.FromMinute), Time(window.ToMinute)))],
        ScheduleStore.Word(row.Mode), (int)row.Before.TotalSeconds, (int)row.After.TotalSeconds, [.. row.Kinds], desk.IsActive(row), row.By, row.Created);
}

/// <param name="Days">mon to sun: those on which it begins.</param>
/// <param name="From">HH:MM in the box's zone (system.timeZone).</param>
/// <param name="To">HH:MM, up to 24:00; not behind from: on the next day.</param>
internal sealed record ScheduleWindowView(string[] Days, string From, string To)
{
    internal const int Midnight = 24 * 60;
}

/// <param name="Channels">Ids; absent: all channels, also those that will be added.</param>
/// <param name="Mode">continuous (default), or event: recorded all the time, and only what lies around events is kept.</param>
/// <param name="Kinds">Of events; empty: all but ignition-off and passengers.</param>
internal sealed record NewSchedule(string Name, ScheduleWindowView[] Windows, string[]? Channels = null, string? Mode = null, bool? Enabled = null, int? BeforeSeconds = null, int? AfterSeconds = null, string[]? Kinds = null);

/// <summary>What is named is changed.</summary>
/// <param name="AllChannels">true: all channels from now on.</param>
internal sealed record ScheduleChange(string? Name = null, bool? Enabled = null, string[]? Channels = null, bool? AllChannels = null, ScheduleWindowView[]? Windows = null, string? Mode = null,
    int? BeforeSeconds = null, int? AfterSeconds = null, string[]? Kinds = null);

/// <param name="Channels">Those that are named and still there.</param>
/// <param name="Active">A window is open now, or the box does not know the time.</param>
internal sealed record ScheduleView(string Id, string Name, bool Enabled, bool AllChannels, string[] Channels, ScheduleWindowView[] Windows, string Mode, int BeforeSeconds, int AfterSeconds, string[] Kinds, bool Active,
    string CreatedBy, DateTimeOffset Created);
