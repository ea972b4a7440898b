using EdgeRecorder.Api.Security;
using EdgeRecorder.Configuration;
using EdgeRecorder.Devices;
using EdgeRecorder.Devices.Surveillance;
using EdgeRecorder.Ledger;
using EdgeRecorder.Recording;
using Microsoft.AspNetCore.Http.HttpResults;
using Spelled = EdgeRecorder.Ledger.DeviceStore.Words;

namespace EdgeRecorder.Api;

/// <summary>/api/v1/devices: what connects to the box, who may deliver, and the channels that came of it.</summary>
internal static class DeviceEndpoints
{
    public static void MapDevices(this IEndpointRouteBuilder routes)
    {
        var devices = routes.MapGroup("/devices").WithTags("devices");
        devices.MapGet("", List).RequireAuthorization(Roles.Viewer);
        devices.MapGet("/{id}", Get).RequireAuthorization(Roles.Viewer);
        devices.MapPost("", Add).RequireAuthorization(Roles.Admin);
        devices.MapPatch("/{id}", Change).RequireAuthorization(Roles.Admin);
        devices.MapDelete("/{id}", Remove).RequireAuthorization(Roles.Admin);
        devices.MapGet("/{id}/channels", Channels).RequireAuthorization(Roles.Viewer);
        devices.MapPost("/{id}/channels", AddChannel).RequireAuthorization(Roles.Operator);
    }

    private static Results<JsonHttpResult<DeviceView[]>, ProblemHttpResult> List(string? limit, string? after, string? state, HttpContext context, DeviceCatalog catalog, DeviceViews views)
    {
        if (Paging.ReadLimit(limit, out var count) is { } wrong)
            return Problems.Bad(wrong);
        if (state is not null && Spelled.Approval(state) is null)
            return Problems.Bad($"state: \"{state}\" is not waiting, approved or refused");
        var from = after is null ? 0 : catalog.Find(after)?.Number;
        if (from is null)
            return Problems.Bad($"after: no device {after}");
        var page = Paging.Page(context, catalog.All.Where(d => d.Number > from && (state is null || Spelled.Of(d.State) == state)), count, d => d.Id);
        return TypedResults.Json(page.Select(views.Of).ToArray(), BoxJson.Default.DeviceViewArray);
    }

    private static Results<JsonHttpResult<DeviceView>, ProblemHttpResult> Get(string id, DeviceCatalog catalog, DeviceViews views)
        => catalog.Find(id) is { } device ? TypedResults.Json(views.Of(device), BoxJson.Default.DeviceView) : Unknown(id);

    /// <summary>Lists a device before it comes: approved, for a box that takes only known ones.</summary>
    private static Results<Created<DeviceView>, ProblemHttpResult> Add(NewDevice body, HttpContext context, DeviceCatalog catalog, DeviceProtocols protocols, DevicePasswords passwords, DeviceViews views, RecorderOptions options,
        AuditStore audit)
    {
        if (protocols.Find(body.Protocol) is not { } protocol)
            return Problems.Bad($"protocol: this box speaks no {body.Protocol}");
        if (protocol.Identity(body.Identity) is not { } identity)
            return Problems.Bad("identity: is not one of that protocol (jt808: the digits of the SIM; gb28181: 20 digits)");
        if (body.Name?.Length > 200)
            return Problems.Bad("name: needs at most 200 characters");
        if (WrongPassword(body.Password, body.Protocol) is { } wrong)
            return Problems.Bad(wrong);
        var record = body.Record ?? (body.Protocol == SurveillanceDevices.Name ? options.Gb28181.Record : options.Jt808.Record);
        if (catalog.Add(new DeviceRow { Protocol = body.Protocol, Identity = identity, Name = body.Name?.Trim() ?? "", State = Approval.Approved, Record = record }) is not { } device)
            return Problems.Conflict($"{body.Protocol} {identity} is listed already");
        if (!string.IsNullOrEmpty(body.Password))
            device = catalog.Change(device.Number, row => row with { Code = passwords.Protect(body.Password) }) ?? device;
        audit.Add(context, "device.add", device.Id);
        return TypedResults.Created($"/api/v1/devices/{device.Id}", views.Of(device));
    }

    private static Results<JsonHttpResult<DeviceView>, ProblemHttpResult> Change(string id, DeviceChange body, HttpContext context, DeviceCatalog catalog, DevicePasswords passwords, DeviceViews views, AuditStore audit)
    {
        if (catalog.Find(id) is not { } device)
            return Unknown(id);
        if ((Wrong(body) ?? WrongPassword(body.Password, device.Protocol)) is { } wrong)
            return Problems.Bad(wrong);
        var code = string.IsNullOrEmpty(body.Password) ? null : passwords.Protect(body.Password);
        var changed = catalog.Change(device.Number, row => row with
        {
            State = Spelled.Approval(body.State) ?? row.State, Name = body.Name?.Trim() ?? row.Name, Record = body.Record ?? row.Record, TwoStreams = body.TwoStreams ?? row.TwoStreams,
            G726 = Spelled.Order(body.G726) ?? row.G726, Clock = Spelled.Clock(body.Clock) ?? row.Clock, Code = body.Password is null ? row.Code : code,
            MediaWay = Spelled.Way(body.MediaWay) ?? row.MediaWay,
        });
        if (changed is null)
            return Unknown(id);
        if (body.Record is { } record)
            catalog.Record(changed, record);
        audit.Add(context, body.State is null || body.State == Spelled.Of(device.State) ? "device.change" : $"device.{body.State}", id);
        return TypedResults.Json(views.Of(changed), BoxJson.Default.DeviceView);
    }

    private static Results<NoContent, ProblemHttpResult> Remove(string id, HttpContext context, DeviceCatalog catalog, AuditStore audit)
    {
        if (catalog.Find(id) is not { } device)
            return Unknown(id);
        catalog.Remove(device);
        audit.Add(context, "device.remove", id);
        return TypedResults.NoContent();
    }

    private static Results<JsonHttpResult<ChannelView[]>, ProblemHttpResult> Channels(string id, DeviceCatalog catalog, IRecorder recorder)
        => catalog.Find(id) is { } device
            ? TypedResults.Json(catalog.ChannelsOf(device).Select(c => ChannelEndpoints.View(c, recorder, catalog)).ToArray(), BoxJson.Default.ChannelViewArray)
            : Unknown(id);

    /// <summary>A channel that the device did not declare: asking for one makes it appear, recorded or not.</summary>
    private static Results<Created<ChannelView>, ProblemHttpResult> AddChannel(
        string id, NewDeviceChannel body, HttpContext context, DeviceCatalog catalog, DeviceProtocols protocols, IRecorder recorder, AuditStore audit)
    {
        if (catalog.Find(id) is not { } device)
            return Unknown(id);
        if (protocols.Of(device)?.IsChannel(body.Channel) != true)
            return Problems.Bad("channel: is not one of that protocol (jt808: \"1\" to \"255\"; gb28181: 20 digits)");
        if (body.Name is { } name && (string.IsNullOrWhiteSpace(name) || name.Length > 200))
            return Problems.Bad("name: needs 1 to 200 characters");
        if (device.State != Approval.Approved)
            return Problems.Conflict($"the device is {Spelled.Of(device.State)}");
        if (catalog.Channel(device, body.Channel, body.Name, body.Record) is not { } channel)
            return Problems.Conflict($"the key {device.Identity}_{body.Channel} is another channel's");
        audit.Add(context, "channel.add", channel.Id);
        return TypedResults.Created($"/api/v1/channels/{channel.Id}", ChannelEndpoints.View(channel, recorder, catalog));
    }

    public static ProblemHttpResult Unknown(string id) => Problems.NotFound($"no device {id}");

    /// <summary>What a device did not do, as HTTP has it.</summary>
    public static ProblemHttpResult Of(DeviceException e) => Problems.Of(e.Fault switch
    {
        DeviceFault.Refused => StatusCodes.Status502BadGateway,
        DeviceFault.Silent => StatusCodes.Status504GatewayTimeout,
        _ => StatusCodes.Status409Conflict,
    }, e.Message);

    private static string? WrongPassword(string? password, string protocol)
        => password is null ? null
            : protocol != SurveillanceDevices.Name ? $"password: devices of {protocol} have none"
            : password.Length > 128 || password.Any(char.IsControl) ? "password: needs at most 128 characters, none of them a control character" : null;

    private static string? Wrong(DeviceChange body)
        => body.State is { } state && Spelled.Approval(state) is null ? $"state: \"{state}\" is not waiting, approved or refused"
            : body.Name?.Length > 200 ? "name: needs at most 200 characters"
            : body.G726 is { } order && Spelled.Order(order) is null ? $"g726: \"{order}\" is not auto, rfc3551 or aal2"
            : body.MediaWay is { } way && Spelled.Way(way) is null ? $"mediaWay: \"{way}\" is not auto, udp, tcp-passive or tcp-active"
            : body.Clock is { } clock && Spelled.Clock(clock) is null ? $"clock: \"{clock}\" is not auto, local or utc"
            : null;
}

/// <summary>Puts together what the ledger knows of a device and what it shows now.</summary>
internal sealed class DeviceViews(DeviceCatalog catalog, DeviceProtocols protocols, PositionStore positions)
{
    public DeviceView Of(DeviceRow device)
    {
        var presence = protocols.Of(device)?.Presence(device);
        var report = protocols.Of(device)?.Report(device);
        var position = report?.Position ?? positions.Last(device.Number);
        return new DeviceView(device.Id, device.Protocol, device.Identity, device.DisplayName, Spelled.Of(device.State), presence is not null, presence?.Since, presence?.Remote.ToString(), presence?.Version,
            device.Manufacturer, device.Model, device.Serial, device.Plate, device.PlateColor, device.FirstSeen, device.LastSeen, device.Record, device.TwoStreams, Spelled.Of(device.G726), Spelled.Of(device.Clock),
            [.. catalog.ChannelsOf(device).Select(c => new DeviceChannelView(c.Id, c.DeviceChannel!, c.Key, c.Name, c.Record))],
            position is { } at ? PositionView.Of(at) : null, report is null ? [] : [.. report.Alarms.Select(a => new AlarmView(a.Kind, a.Channel))], report?.MileageKm, report?.Signal, report?.Satellites,
            device.Protocol == SurveillanceDevices.Name && device.Code is not null, Spelled.Of(device.MediaWay));
    }
}

/// <summary>A device as the API shows it.</summary>
/// <param name="Name">What people call it: the name it was given, else its plate, else its identity.</param>
/// <param name="State">waiting, approved or refused.</param>
/// <param name="PlateColor">JT/T 415: 0 none, then the plate is a VIN.</param>
/// <param name="Record">Channels that appear record.</param>
/// <param name="TwoStreams">It can send main and sub at once; otherwise viewers of sub are shown main.</param>
/// <param name="Position">Its last one; null before, and while nobody approved it.</param>
/// <param name="Alarms">Those that stand.</param>
/// <param name="OwnPassword">It registers with a password of its own, not with that of all.</param>
/// <param name="MediaWay">How media of a surveillance device travels: auto, udp, tcp-passive (it calls us), tcp-active (we call it).</param>
internal sealed record DeviceView(string Id, string Protocol, string Identity, string Name, string State, bool Connected, DateTimeOffset? Since, string? Remote, string? Version,
    string Manufacturer, string Model, string Serial, string Plate, int? PlateColor, DateTimeOffset? FirstSeen, DateTimeOffset? LastSeen, bool Record, bool TwoStreams, string G726, string Clock,
    DeviceChannelView[] Channels, PositionView? Position, AlarmView[] Alarms, double? MileageKm, int? Signal, int? Satellites, bool OwnPassword, string MediaWay);

internal sealed record DeviceChannelView(string Id, string Channel, string Key, string Name, bool Record);

/// <param name="Channel">The device's own name of it; null: the whole device's.</param>
internal sealed record AlarmView(string Kind, string? Channel);

/// <param name="Password">gb28181: its own; null: that of all.</param>
internal sealed record NewDevice(string Protocol, string Identity, string? Name = null, bool? Record = null, string? Password = null);

/// <summary>What is left out stays as it is; an empty name takes the name away, an empty password its own. `record` switches its channels too.</summary>
internal sealed record DeviceChange(string? State = null, string? Name = null, bool? Record = null, bool? TwoStreams = null, string? G726 = null, string? Clock = null,
    string? Password = null, string? MediaWay = null);

internal sealed record NewDeviceChannel(string Channel, string? Name = null, bool? Record = null);
