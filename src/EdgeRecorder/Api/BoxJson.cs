using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Mvc;

namespace EdgeRecorder.Api;

/// <summary>The JSON of the box API: camelCase, times in UTC.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, Converters = [typeof(UtcConverter)], RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, NumberHandling = JsonNumberHandling.Strict)]
[JsonSerializable(typeof(ChannelView[]))]
[JsonSerializable(typeof(NewChannel))]
[JsonSerializable(typeof(ChannelChange))]
[JsonSerializable(typeof(RecordSwitch))]
[JsonSerializable(typeof(TimelineView))]
[JsonSerializable(typeof(RecordingView[]))]
[JsonSerializable(typeof(NewRecording))]
[JsonSerializable(typeof(LockView[]))]
[JsonSerializable(typeof(NewLock))]
[JsonSerializable(typeof(ExportView[]))]
[JsonSerializable(typeof(NewExport))]
[JsonSerializable(typeof(UserView[]))]
[JsonSerializable(typeof(NewUser))]
[JsonSerializable(typeof(UserChange))]
[JsonSerializable(typeof(TokenView[]))]
[JsonSerializable(typeof(NewToken))]
[JsonSerializable(typeof(Login))]
[JsonSerializable(typeof(OwnPassword))]
[JsonSerializable(typeof(SessionView))]
[JsonSerializable(typeof(StorageView))]
[JsonSerializable(typeof(StatusView))]
[JsonSerializable(typeof(AuditView[]))]
[JsonSerializable(typeof(ProbeRequest))]
[JsonSerializable(typeof(ProbeView))]
[JsonSerializable(typeof(DeviceView[]))]
[JsonSerializable(typeof(NewDevice))]
[JsonSerializable(typeof(DeviceChange))]
[JsonSerializable(typeof(NewDeviceChannel))]
[JsonSerializable(typeof(CatalogEntryView[]))]
[JsonSerializable(typeof(CatalogAnswerView))]
[JsonSerializable(typeof(StoredFootageView[]))]
[JsonSerializable(typeof(NewFootageRequest))]
[JsonSerializable(typeof(FootageRequestView[]))]
[JsonSerializable(typeof(EventView[]))]
[JsonSerializable(typeof(PtzRequest))]
[JsonSerializable(typeof(PresetView[]))]
[JsonSerializable(typeof(NewDeviceCommand))]
[JsonSerializable(typeof(HealthView))]
[JsonSerializable(typeof(ProblemDetails))]
internal sealed partial class BoxJson : JsonSerializerContext;
